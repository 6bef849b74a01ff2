//! Which fields a condition names, and where.

/// A field that a condition names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldUse {
    /// The object of the subquery that it stands in; `None` for a field of what the condition itself is about.
    pub object: Option<String>,
    /// As written: a field, or a path over relationships to one, such as `Account.Owner.Name`.
    pub path: String,
    /// Character at which it begins, from 1.
    pub position: usize,
}

/// What the parser has seen so far.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<(usize, FieldUse)>);

impl Seen {
    /// A field that begins at the byte `start`.
    pub(super) fn add(&mut self, start: usize, path: &str) {
        self.0.push((start, FieldUse { object: None, path: path.to_owned(), position: 0 }));
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// All but the first `known` ones are of this subquery's object.
    pub(super) fn belong_to(&mut self, known: usize, object: &str) {
        self.0.iter_mut().skip(known).for_each(|(_, field)| field.object = Some(object.to_owned()));
    }

    /// All of them, with their places in `text`.
    pub(super) fn placed(self, text: &str) -> Vec<FieldUse> {
        let position = |start| text.get(..start).unwrap_or(text).chars().count() + 1;
        self.0.into_iter().map(|(start, field)| FieldUse { position: position(start), ..field }).collect()
    }
}
