//! The settings behind [`Filter`].

use super::{Filter, Kind};
use shared::config::Reader;
use shared::salesforce::ClientSettings;

impl Filter {
    /// Reads the settings.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `EVENT_ENTITY` | Opportunity | object whose changes count |
    /// | `EVENT_CHANGE_TYPES` | CREATE,UPDATE,UNDELETE | changes that count |
    /// | `EVENT_FIELDS` | any | fields, one of which an update must have changed |
    /// | `EVENT_STAGES` | any | values of `StageName`, one of which the record must have |
    pub(crate) fn read(reader: &mut Reader<'_>) -> Self {
        let entity = reader.parsed("EVENT_ENTITY", "the API name of an object", name);
        let change_types = reader.parsed("EVENT_CHANGE_TYPES", "CREATE, UPDATE, UNDELETE, or several of them", kinds);
        let mut fields = Vec::new();
        for field in reader.list("EVENT_FIELDS") {
            if !field.split('.').all(|part| name(part).is_some()) {
                reader.problem("EVENT_FIELDS", "expected API names of fields with commas between them");
            }
            fields.push(field);
        }
        Self {
            entity: entity.unwrap_or_else(|| "Opportunity".to_owned()),
            change_types: change_types.unwrap_or_else(|| vec![Kind::Create, Kind::Update, Kind::Undelete]),
            fields,
            stages: reader.list("EVENT_STAGES"),
            own_client: ClientSettings::default().client_name,
        }
    }
}

fn name(text: &str) -> Option<String> {
    let good = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= 80
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    good.then(|| text.to_owned())
}

fn kinds(text: &str) -> Option<Vec<Kind>> {
    let kind = |name: &str| match name.trim().to_ascii_uppercase().as_str() {
        "CREATE" => Some(Kind::Create),
        "UPDATE" => Some(Kind::Update),
        "UNDELETE" => Some(Kind::Undelete),
        _ => None,
    };
    text.split(',').map(kind).collect()
}
