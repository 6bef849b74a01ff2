//! Who may see the pages of a service: a login with one shared credential, kept in a sealed cookie until the logout.
//!
//! [`guard`] stands in front of all pages. It opens the visitor's session or makes one, sends whoever has not logged in to the
//! login page, and lets no form through without the token that belongs to the session. A service adds [`routes`] behind it,
//! puts a [`Login`] into its application's data, and says by a [`Face`] what its pages look like.

mod client;
mod credential;
mod door;
mod guard;
mod limiter;
mod logouts;
mod routes;
mod session;
mod settings;

pub use door::{Face, Login, LoginForm};
pub use guard::{TOKEN_FIELD, guard};
pub use routes::routes;
pub use session::Session;
pub use settings::{Access, AccessSettings};

#[cfg(test)]
mod tests;
