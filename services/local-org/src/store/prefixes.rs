//! Which ids belong to which custom object. Metadata propose the first three characters of an object's ids; what was
//! given to an object once is its own for as long as the database is there, whatever is deployed later and in which order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::Connection;

use crate::schema::Schema;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The schema with prefixes that are each object's own, which are remembered.
pub(super) fn settled(connection: &Connection, schema: Arc<Schema>) -> rusqlite::Result<Arc<Schema>> {
    let is_custom = |name: &str| name.ends_with("__c");
    if !schema.objects().any(|object| is_custom(&object.name)) {
        return Ok(schema);
    }
    let mut given: HashMap<String, String> = connection
        .prepare("SELECT substr(key, 8), text FROM \"_Note\" WHERE substr(key, 1, 7) = 'prefix:'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut taken: HashSet<String> = given.values().cloned().collect();
    taken.extend(schema.objects().filter(|object| !is_custom(&object.name)).map(|object| object.key_prefix.clone()));
    let mut settled = Schema::clone(&schema);
    for object in schema.objects().filter(|object| is_custom(&object.name)) {
        let prefix = match given.get(&object.name) {
            Some(prefix) => prefix.clone(),
            None => {
                let proposed = Some(object.key_prefix.clone()).filter(|prefix| !taken.contains(prefix));
                let Some(prefix) = proposed.or_else(|| free(&taken)) else { continue };
                let key = format!("prefix:{}", object.name);
                connection.execute("INSERT INTO \"_Note\" (key, text) VALUES (?1, ?2)", [&key, &prefix])?;
                given.insert(object.name.clone(), prefix.clone());
                prefix
            }
        };
        taken.insert(prefix.clone());
        if let Some(object) = settled.object_mut(&object.name) {
            object.key_prefix = prefix;
        }
    }
    Ok(Arc::new(settled))
}

/// The first prefix of custom objects, `a00` to `azz`, that nobody has.
fn free(taken: &HashSet<String>) -> Option<String> {
    let all = DIGITS.iter().flat_map(|first| DIGITS.iter().map(|second| (*first, *second)));
    all.map(|(first, second)| format!("a{}{}", char::from(first), char::from(second)))
        .find(|prefix| !taken.contains(prefix))
}
