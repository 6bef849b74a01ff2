//! Files of results of the Bulk API.

use shared::salesforce::bulk::{ResultFile, RowResult};

/// Reads a file whole and in pieces, which must come to the same. The first byte is the length of a piece.
///
/// # Panics
/// When it does not.
pub fn csv(data: &[u8]) {
    let Some((length, file)) = data.split_first() else { return };
    let length = usize::from(*length).max(1);
    for kind in [ResultFile::Successful, ResultFile::Failed, ResultFile::Unprocessed] {
        let whole = kind.rows([file]);
        let pieces = kind.rows(file.chunks(length));
        match (whole, pieces) {
            (Ok(whole), Ok(pieces)) => assert_eq!(words(&whole), words(&pieces), "{kind:?}"),
            (Err(_), Err(_)) => {}
            (whole, pieces) => panic!("{kind:?}: whole {whole:?}, in pieces of {length} {pieces:?}"),
        }
    }
}

fn words(rows: &[RowResult]) -> Vec<String> {
    rows.iter().map(|row| format!("{:?} {:?}", row.outcome, row.row.cells().collect::<Vec<_>>())).collect()
}
