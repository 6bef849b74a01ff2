//! Who acts in an org, and with which rights.

/// Who acts: recorded as creator, owner and last modifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Id of the user, 18 characters.
    pub user_id: String,
    /// With which rights.
    pub acting: Acting,
}

/// With which rights someone acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acting {
    /// With all there are: the org itself, in the name of the user.
    System,
    /// With those that the user has in every session.
    User,
    /// With those that the user has in the session of this id, where permission sets may be activated.
    Session(String),
}

impl Actor {
    /// Id of the session, if it is one that acts.
    pub fn session_id(&self) -> Option<&str> {
        match &self.acting {
            Acting::Session(id) => Some(id),
            Acting::System | Acting::User => None,
        }
    }
}
