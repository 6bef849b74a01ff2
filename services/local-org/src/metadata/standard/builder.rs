//! A small language to write objects and fields down in.

use crate::schema::{FieldDef, FieldType, ObjectDef, OnDelete};

/// An object of that name whose ids begin with `prefix`, with its id and the recycle-bin flag; `fields` follow.
pub(super) fn object(name: &str, prefix: &str, fields: Vec<FieldDef>) -> ObjectDef {
    let label = words(name);
    let mut all = vec![
        FieldDef { nillable: false, defaulted_on_create: true, ..field("Id", FieldType::Id) }
            .label(&format!("{label} ID"))
            .read_only(),
        flag("IsDeleted").label("Deleted").read_only(),
    ];
    all.extend(fields);
    let label_plural = match label.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{label}s"),
    };
    ObjectDef {
        name: name.to_owned(),
        label,
        label_plural,
        key_prefix: prefix.to_owned(),
        fields: all,
        writable: true,
        publish: None,
    }
}

/// Methods on [`ObjectDef`] for what is not a field.
pub(super) trait ObjectExt {
    fn label(self, label: &str) -> Self;
    fn read_only(self) -> Self;
    /// Adds the owner, a user.
    fn owned(self) -> Self;
    /// Adds who created and last changed a record, and when.
    fn audited(self) -> Self;
}

impl ObjectExt for ObjectDef {
    fn label(mut self, label: &str) -> Self {
        self.label = label.to_owned();
        self.label_plural = format!("{label}s");
        self
    }

    fn read_only(mut self) -> Self {
        self.writable = false;
        self
    }

    fn owned(mut self) -> Self {
        self.fields.push(FieldDef { nillable: false, defaulted_on_create: true, ..reference("OwnerId", "User") });
        self
    }

    fn audited(mut self) -> Self {
        let by = |name: &str| reference(name, "User").filled_in().read_only();
        let at = |name: &str| datetime(name).filled_in().read_only();
        self.fields.extend([
            at("CreatedDate"),
            by("CreatedById"),
            at("LastModifiedDate"),
            by("LastModifiedById"),
            at("SystemModstamp"),
        ]);
        self
    }
}

/// Methods on [`FieldDef`] that change one property.
pub(super) trait FieldExt {
    fn label(self, label: &str) -> Self;
    /// Must be given on create and cannot be cleared.
    fn required(self) -> Self;
    /// Never null, because the org fills it in.
    fn filled_in(self) -> Self;
    /// Never null; stored when a create leaves it out.
    fn defaults_to(self, value: &str) -> Self;
    /// Set by the org only.
    fn read_only(self) -> Self;
    /// Settable on create only.
    fn create_only(self) -> Self;
    fn unique(self) -> Self;
    fn name_field(self) -> Self;
    /// Name of these records in a subquery of the parent.
    fn children(self, relationship: &str) -> Self;
    fn on_delete(self, action: OnDelete) -> Self;
    fn restricted(self) -> Self;
    fn auto_number(self, format: &str) -> Self;
}

impl FieldExt for FieldDef {
    fn label(mut self, label: &str) -> Self {
        self.label = label.to_owned();
        self
    }

    fn required(mut self) -> Self {
        self.nillable = false;
        self
    }

    fn filled_in(mut self) -> Self {
        self.nillable = false;
        self.defaulted_on_create = true;
        self
    }

    fn defaults_to(mut self, value: &str) -> Self {
        self.default_value = Some(value.to_owned());
        self.defaulted_on_create = true;
        self
    }

    fn read_only(mut self) -> Self {
        self.createable = false;
        self.updateable = false;
        self
    }

    fn create_only(mut self) -> Self {
        self.updateable = false;
        self
    }

    fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    fn name_field(mut self) -> Self {
        self.name_field = true;
        self
    }

    fn children(mut self, relationship: &str) -> Self {
        self.child_relationship_name = Some(relationship.to_owned());
        self
    }

    fn on_delete(mut self, action: OnDelete) -> Self {
        self.on_delete = action;
        self
    }

    fn restricted(mut self) -> Self {
        self.restricted = true;
        self
    }

    fn auto_number(mut self, format: &str) -> Self {
        self.auto_number = Some(format.to_owned());
        self.filled_in().read_only()
    }
}

pub(super) fn text(name: &str, length: u32) -> FieldDef {
    FieldDef { length, ..field(name, FieldType::String) }
}

pub(super) fn long_text(name: &str, length: u32) -> FieldDef {
    FieldDef { length, ..field(name, FieldType::TextArea) }
}

pub(super) fn email(name: &str) -> FieldDef {
    FieldDef { length: 80, ..field(name, FieldType::Email) }
}

pub(super) fn phone(name: &str) -> FieldDef {
    FieldDef { length: 40, ..field(name, FieldType::Phone) }
}

pub(super) fn url(name: &str) -> FieldDef {
    FieldDef { length: 255, ..field(name, FieldType::Url) }
}

/// A picklist that accepts other values too, as most standard ones do.
pub(super) fn picklist(name: &str, values: &[&str]) -> FieldDef {
    FieldDef {
        length: 255,
        picklist: values.iter().map(|&value| value.to_owned()).collect(),
        ..field(name, FieldType::Picklist)
    }
}

pub(super) fn flag(name: &str) -> FieldDef {
    field(name, FieldType::Boolean).filled_in().defaults_to("false")
}

pub(super) fn int(name: &str) -> FieldDef {
    FieldDef { precision: 9, ..field(name, FieldType::Int) }
}

pub(super) fn double(name: &str, precision: u8, scale: u8) -> FieldDef {
    FieldDef { precision, scale, ..field(name, FieldType::Double) }
}

pub(super) fn currency(name: &str) -> FieldDef {
    FieldDef { precision: 18, scale: 2, ..field(name, FieldType::Currency) }
}

pub(super) fn percent(name: &str, precision: u8, scale: u8) -> FieldDef {
    FieldDef { precision, scale, ..field(name, FieldType::Percent) }
}

pub(super) fn date(name: &str) -> FieldDef {
    field(name, FieldType::Date)
}

/// When something was last done with a record, which only an org knows: null here, where nobody has tasks or appointments.
pub(super) fn last_activity() -> FieldDef {
    date("LastActivityDate").label("Last Activity").read_only()
}

pub(super) fn datetime(name: &str) -> FieldDef {
    field(name, FieldType::DateTime)
}

/// A lookup named `<Relationship>Id`, or `<Relationship>2Id` for the `…2` objects, whose relationship keeps the 2.
pub(super) fn reference(name: &str, target: &str) -> FieldDef {
    let relationship = name.strip_suffix("Id").unwrap_or(name);
    FieldDef {
        length: 18,
        reference_to: vec![target.to_owned()],
        relationship_name: Some(relationship.to_owned()),
        ..field(name, FieldType::Reference)
    }
}

fn field(name: &str, kind: FieldType) -> FieldDef {
    FieldDef { name: name.to_owned(), label: words(name), kind, length: 0, ..FieldDef::default() }
}

/// The usual label of an API name: its words apart, `Id` as `ID`, the 2 of `Product2` left out.
fn words(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 4);
    let mut after_lower_case = false;
    for character in name.chars().filter(|&character| character != '2') {
        if character.is_ascii_uppercase() && after_lower_case {
            label.push(' ');
        }
        label.push(character);
        after_lower_case = character.is_ascii_lowercase();
    }
    match label.strip_suffix(" Id") {
        Some(stem) => format!("{stem} ID"),
        None => label,
    }
}
