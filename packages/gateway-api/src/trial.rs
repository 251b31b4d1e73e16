use cosmwasm_std::Addr;
use serde::{Deserialize, Serialize};

use crate::Direction;

/// What came of trying every connection of a lease once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trials {
    pub trials: Vec<Trial>,
}

/// One connection, tried from one provider. Of an outgoing one the way from here to the service is tried, of an
/// incoming one the service's replicas here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Such as `web.db.5432.tcp`: who calls, who is called, port and protocol.
    pub name: String,
    pub direction: Direction,
    /// The provider at the other end of the way; none when all of it is at this one.
    pub peer: Option<Addr>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Outcome {
    /// A replica of the service took a connection.
    Works,
    /// Nothing is in the way, but only the service's own protocol could tell, as with UDP.
    Plausible {
        detail: String,
    },
    Fails {
        reason: String,
    },
    /// Outcomes of a newer agent.
    #[serde(other)]
    Other,
}

impl Outcome {
    pub fn fails(&self) -> bool {
        matches!(self, Self::Fails { .. })
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Works => f.write_str("works"),
            Self::Plausible { detail } => write!(f, "nothing in the way: {detail}"),
            Self::Fails { reason } => write!(f, "fails: {reason}"),
            Self::Other => f.write_str("an outcome that this client does not know; update it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_of_a_newer_agent_is_still_readable() {
        let outcome: Outcome = serde_json::from_str(r#"{"result":"slow","ms":9}"#).unwrap();
        assert_eq!(outcome, Outcome::Other);
        assert!(!outcome.fails());
    }
}
