//! The apps on Heroku that the add-on is attached to.

use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::config::{Addon, AppOnHeroku};

/// An app on Heroku.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HerokuApp {
    /// A UUID.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where it runs, without a slash at the end.
    pub(crate) url: String,
}

impl HerokuApp {
    /// The first has the id that the settings of an app name; those of the others are made of their names, and so are the
    /// same each time.
    pub(super) fn of(apps: Vec<AppOnHeroku>, addon: &Addon) -> Vec<Self> {
        let made = |name: &str| {
            let digest = Sha256::digest(format!("heroku app {name}").as_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&digest[..16]);
            Builder::from_random_bytes(bytes).into_uuid().to_string()
        };
        let id = |place: usize, name: &str| if place == 0 { addon.app_id.clone() } else { made(name) };
        let app = |(place, app): (usize, AppOnHeroku)| Self { id: id(place, &app.name), name: app.name, url: app.url };
        apps.into_iter().enumerate().map(app).collect()
    }
}
