//! Small things that an org remembers besides records, as texts under keys.

use super::{Org, Tx};
use crate::error::ApiError;

impl Org {
    /// Remembers a text under a key, or forgets what stands there.
    ///
    /// # Errors
    /// 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn note(&self, key: &str, text: Option<&str>) -> Result<(), ApiError> {
        self.transaction(&self.admin(), |tx| tx.note(key, text))
    }

    /// The texts whose keys begin so, by key.
    ///
    /// # Errors
    /// 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn notes(&self, prefix: &str) -> Result<Vec<String>, ApiError> {
        self.transaction(&self.admin(), |tx| {
            let sql = "SELECT text FROM \"_Note\" WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key";
            Ok(tx.prepare(sql)?.query_map([prefix], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }
}

impl Tx<'_> {
    /// The same as [`Org::note`], within a transaction.
    pub(crate) fn note(&mut self, key: &str, text: Option<&str>) -> Result<(), ApiError> {
        match text {
            Some(text) => {
                let sql = "INSERT INTO \"_Note\" (key, text) VALUES (?1, ?2) \
                           ON CONFLICT (key) DO UPDATE SET text = excluded.text";
                self.prepare(sql)?.execute([key, text])?
            }
            None => self.prepare("DELETE FROM \"_Note\" WHERE key = ?1")?.execute([key])?,
        };
        Ok(())
    }
}
