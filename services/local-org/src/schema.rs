//! What objects and fields an org has: the common ground of metadata, SOQL, DML rules and describe.
//!
//! Storage follows from it: each object is a SQLite table of the object's API name with one column per field, both
//! quoted; see [`FieldType`] for how values are stored.

use std::collections::HashMap;

/// All objects of an org, looked up without regard to case, as SOQL and the REST API do.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    objects: Vec<ObjectDef>,
    channels: Vec<Channel>,
    /// By name in lower case, and as it is written, which is what most look for.
    by_name: HashMap<String, usize>,
}

impl Schema {
    /// Adds an object, or replaces the one of the same name.
    pub fn insert(&mut self, object: ObjectDef) {
        let key = object.name.to_ascii_lowercase();
        match self.by_name.get(&key) {
            Some(&index) => self.objects[index] = object,
            None => {
                self.by_name.insert(key, self.objects.len());
                self.by_name.insert(object.name.clone(), self.objects.len());
                self.objects.push(object);
            }
        }
    }

    /// The object of that API name, in any case.
    pub fn object(&self, name: &str) -> Option<&ObjectDef> {
        let index = self.by_name.get(name).or_else(|| self.by_name.get(&name.to_ascii_lowercase()));
        index.map(|&index| &self.objects[index])
    }

    /// The object of that API name, in any case, for adding fields to it.
    pub fn object_mut(&mut self, name: &str) -> Option<&mut ObjectDef> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|&index| &mut self.objects[index])
    }

    /// Removes the object of that API name.
    pub fn remove(&mut self, name: &str) {
        self.objects.retain(|object| !object.name.eq_ignore_ascii_case(name));
        self.by_name =
            self.objects.iter().enumerate().map(|(index, object)| (object.name.to_ascii_lowercase(), index)).collect();
    }

    /// The object whose ids begin with these three characters.
    pub fn object_by_prefix(&self, prefix: &str) -> Option<&ObjectDef> {
        self.objects.iter().find(|object| object.key_prefix == prefix)
    }

    /// All objects in the order in which they were added.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectDef> {
        self.objects.iter()
    }

    /// The channels that members were added to.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.iter()
    }

    /// The channel of that name, for adding members to it; a new one when there is none yet.
    pub fn channel_mut(&mut self, channel: Channel) -> &mut Channel {
        let index = self.channels.iter().position(|other| other.name == channel.name).unwrap_or_else(|| {
            self.channels.push(channel);
            self.channels.len() - 1
        });
        &mut self.channels[index]
    }

    /// The reference fields that make up the child relationships of `parent`: pairs of child object and its field.
    pub fn children_of<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = (&'a ObjectDef, &'a FieldDef)> {
        self.objects.iter().flat_map(move |child| {
            child
                .fields
                .iter()
                .filter(move |field| field.reference_to.iter().any(|target| target.eq_ignore_ascii_case(parent)))
                .map(move |field| (child, field))
        })
    }
}

/// A stream of events of several kinds, to which clients can subscribe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Channel {
    /// API name: `ChangeEvents`, the standard channel, or a custom one such as `Sales__chn`.
    pub name: String,
    /// Whether it has platform events, and not change events.
    pub has_platform_events: bool,
    /// Its events, such as `OpportunityChangeEvent` or `Done__e`.
    pub members: Vec<String>,
}

impl Channel {
    /// The standard channel of change events, without members.
    pub fn standard() -> Self {
        Self { name: "ChangeEvents".to_owned(), ..Self::default() }
    }

    /// Whether it is the standard one.
    pub fn is_standard(&self) -> bool {
        self.name == "ChangeEvents"
    }

    /// What the names of its topic and of those of its members begin with.
    pub fn root(&self) -> &'static str {
        if self.has_platform_events { "/event/" } else { "/data/" }
    }
}

/// When a platform event is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// With the transaction, if that is committed.
    AfterCommit,
    /// At once, whatever becomes of the transaction.
    Immediately,
}

/// One object (sObject).
#[derive(Debug, Clone, Default)]
pub struct ObjectDef {
    /// API name, for example `Opportunity`.
    pub name: String,
    /// Singular label.
    pub label: String,
    /// Plural label.
    pub label_plural: String,
    /// First three characters of the object's ids.
    pub key_prefix: String,
    /// Fields in describe order; `Id` is the first.
    pub fields: Vec<FieldDef>,
    /// Whether records can be created, updated and deleted through the API.
    pub writable: bool,
    /// For a platform event (`…__e`): when it is published. Such an object has no records and no table.
    pub publish: Option<Publish>,
}

impl ObjectDef {
    /// The field of that API name, in any case.
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Whether the object is a platform event, which has no records.
    pub fn is_event(&self) -> bool {
        self.publish.is_some()
    }

    /// Whether the object is a custom one (`…__c`, `…__e`).
    pub fn is_custom(&self) -> bool {
        self.name.ends_with("__c") || self.name.ends_with("__e")
    }
}

/// The type of a field as describe names it, and how SQLite stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldType {
    /// The record's own id; TEXT, 18 characters.
    Id,
    /// Another record's id; TEXT, 18 characters.
    Reference,
    /// TEXT.
    #[default]
    String,
    /// TEXT.
    TextArea,
    /// TEXT.
    Email,
    /// TEXT.
    Phone,
    /// TEXT.
    Url,
    /// TEXT; one of the field's values where it is restricted.
    Picklist,
    /// INTEGER 0 or 1, never null.
    Boolean,
    /// INTEGER.
    Int,
    /// REAL, with the decimals that were written: the scale says how many are shown.
    Double,
    /// REAL, with the decimals that were written: the scale says how many are shown.
    Currency,
    /// REAL, in percent (10 is 10 %).
    Percent,
    /// TEXT `YYYY-MM-DD`.
    Date,
    /// TEXT `YYYY-MM-DDTHH:MM:SS.mmm+0000`, always UTC.
    DateTime,
}

/// What happens to a child record when its parent is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDelete {
    /// The reference is cleared.
    #[default]
    SetNull,
    /// The child is deleted too (master-detail and a few standard lookups).
    Cascade,
    /// The parent cannot be deleted while there are such children.
    Restrict,
}

/// One field of an object.
#[derive(Debug, Clone)]
pub struct FieldDef {
    /// API name, for example `StageName`.
    pub name: String,
    /// Label, used in some error messages.
    pub label: String,
    /// Type.
    pub kind: FieldType,
    /// Longest text in characters; 0 where it has no meaning.
    pub length: u32,
    /// Digits in all, for numbers.
    pub precision: u8,
    /// Digits after the decimal point that are shown, for numbers.
    pub scale: u8,
    /// Whether null is allowed.
    pub nillable: bool,
    /// Whether a caller may set it on create.
    pub createable: bool,
    /// Whether a caller may set it on update.
    pub updateable: bool,
    /// Whether the org fills it in when a create leaves it out.
    pub defaulted_on_create: bool,
    /// Whether it is an external id, usable in upsert.
    pub external_id: bool,
    /// Whether two records may not share a value.
    pub unique: bool,
    /// Whether comparison and uniqueness regard case (unique text fields only).
    pub case_sensitive: bool,
    /// Objects that a reference may point to.
    pub reference_to: Vec<String>,
    /// Name of the parent in SOQL (`Account` for `AccountId`).
    pub relationship_name: Option<String>,
    /// Name of this field's records in a subquery of the parent (`OpportunityLineItems`).
    pub child_relationship_name: Option<String>,
    /// What deleting the parent does.
    pub on_delete: OnDelete,
    /// Values of a picklist.
    pub picklist: Vec<String>,
    /// Whether other values than those are refused.
    pub restricted: bool,
    /// What a create stores when the caller leaves the field out, in the form in which a caller would send it as text.
    pub default_value: Option<String>,
    /// Display format of an auto-number, for example `QL-{00000000}`; the org fills such a field in.
    pub auto_number: Option<String>,
    /// Whether it is the object's name field (describe's `nameField`).
    pub name_field: bool,
}

impl FieldDef {
    /// Whether the field belongs to this org only (`…__c`).
    pub fn is_custom(&self) -> bool {
        self.name.ends_with("__c")
    }

    /// Whether a create must give it: not nillable and nothing fills it in (describe's rule for required fields).
    pub fn is_required_on_create(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }

    /// Whether a record can be found by it in an upsert or a relationship (describe's `idLookup`).
    pub fn is_id_lookup(&self) -> bool {
        self.external_id || self.unique || self.kind == FieldType::Id
    }
}

impl Default for FieldDef {
    fn default() -> Self {
        Self {
            name: String::new(),
            label: String::new(),
            kind: FieldType::String,
            length: 255,
            precision: 0,
            scale: 0,
            nillable: true,
            createable: true,
            updateable: true,
            defaulted_on_create: false,
            external_id: false,
            unique: false,
            case_sensitive: false,
            reference_to: Vec::new(),
            relationship_name: None,
            child_relationship_name: None,
            on_delete: OnDelete::SetNull,
            picklist: Vec::new(),
            restricted: false,
            default_value: None,
            auto_number: None,
            name_field: false,
        }
    }
}
