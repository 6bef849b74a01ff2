//! Who acts.

use std::fmt;
use std::str::FromStr;

use crate::steer::OPERATOR;

/// Longest name; with the word in front it fits what a job's history takes.
const MAX_NAME: usize = 48;

/// An operator with a name. It stands in the history of a job as `operator.NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor(String);

/// The text is no name of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of an operator is 1 to {MAX_NAME} letters, digits, '.', '_' or '-'")]
pub struct InvalidActor;

impl FromStr for Actor {
    type Err = InvalidActor;

    fn from_str(name: &str) -> Result<Self, InvalidActor> {
        let narrow = (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if narrow { Ok(Self(format!("{OPERATOR}.{name}"))) } else { Err(InvalidActor) }
    }
}

impl Actor {
    /// The operator whose name is `text`, with a hyphen in place of what no name has, such as the `@` of an address.
    #[must_use]
    pub fn named(text: &str) -> Self {
        let fits = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let name: String = text.chars().map(fits).take(MAX_NAME).collect();
        if name.is_empty() { Self(OPERATOR.to_owned()) } else { Self(format!("{OPERATOR}.{name}")) }
    }

    /// As it stands in a history.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_narrow_and_any_text_becomes_one() {
        assert_eq!("ada.l".parse::<Actor>().unwrap().as_str(), "operator.ada.l");
        for bad in ["", "a b", "a|b", "ä", &"a".repeat(49)] {
            assert_eq!(bad.parse::<Actor>(), Err(InvalidActor), "{bad}");
        }
        assert_eq!(Actor::named("ada@example.com").as_str(), "operator.ada-example.com");
        assert_eq!(Actor::named("").as_str(), "operator");
        let long = Actor::named(&"ä".repeat(100));
        assert_eq!(long.as_str().len(), "operator.".len() + MAX_NAME);
        crate::store::check_user(long.as_str()).unwrap();
    }
}
