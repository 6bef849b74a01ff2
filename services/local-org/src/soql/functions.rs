//! The SQL function that SQLite lacks: upper case beyond ASCII.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Makes `soql_upper(text)` known to the connection, once.
pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    // Defining it anew at each query would make SQLite prepare all cached statements again.
    if conn.prepare_cached("SELECT soql_upper('')").is_ok() {
        return Ok(());
    }
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("soql_upper", 1, flags, |arguments| {
        let text = arguments.get_raw(0).as_str_or_null()?;
        Ok(text.map(upper))
    })
}

/// What comparison without regard to case compares.
pub(super) fn upper(text: &str) -> String {
    text.to_uppercase()
}
