//! Errors as people and scripts see them: a kind that decides the exit code, what was wrong, and what to do next.

use std::fmt;

use serde_json::{json, Value};

/// What kind of failure it is. The exit codes are public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything without a code of its own.
    Failure,
    /// The command line, a file or a value is not acceptable; nothing was sent anywhere.
    BadInput,
    /// The thing named does not exist.
    NotFound,
    /// The chain or a provider's gateway refused; nothing changed.
    Refused,
    /// A node, a gateway or the engine could not be reached.
    Unreachable,
    /// It did not happen in the time given; it may still happen.
    TimedOut,
    /// Bidding ended without a bid that could be matched; all money is back.
    NoBids,
    /// The provider could not run the workload.
    WorkloadFailed,
    /// Ended by a signal; what was begun goes on.
    Interrupted,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Failure,
        Self::BadInput,
        Self::NotFound,
        Self::Refused,
        Self::Unreachable,
        Self::TimedOut,
        Self::NoBids,
        Self::WorkloadFailed,
        Self::Interrupted,
    ];

    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failure => 1,
            Self::BadInput => 2,
            Self::NotFound => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::TimedOut => 6,
            Self::NoBids => 7,
            Self::WorkloadFailed => 8,
            Self::Interrupted => 130,
        }
    }

    /// As `error.code` in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::BadInput => "bad_input",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::NoBids => "no_bids",
            Self::WorkloadFailed => "workload_failed",
            Self::Interrupted => "interrupted",
        }
    }
}

#[derive(Debug)]
pub struct CliError {
    pub kind: Kind,
    /// What was given or found, and what is accepted.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// What a script may want to know beside the text; an object.
    pub details: Option<Box<Value>>,
}

pub type Result<T, E = CliError> = std::result::Result<T, E>;

impl CliError {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, details: None }
    }

    pub fn failure(message: impl Into<String>) -> Self {
        Self::new(Kind::Failure, message)
    }

    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Kind::BadInput, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unreachable, message)
    }

    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(Kind::TimedOut, message)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// `{"error":{"code","message","hint"[,"details"]}}`; `hint` is null when there is none.
    pub fn json(&self) -> Value {
        let mut error = json!({ "code": self.kind.name(), "message": self.message, "hint": self.hint });
        if let Some(details) = &self.details {
            error["details"] = Value::clone(details);
        }
        json!({ "error": error })
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {}

/// What an operation on a file failed with, said with the file's name.
pub fn io_error(what: &str, path: &std::path::Path, error: &std::io::Error) -> CliError {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => Kind::NotFound,
        _ => Kind::Failure,
    };
    CliError::new(kind, format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_and_names_are_distinct_and_never_zero() {
        let codes: std::collections::BTreeSet<u8> = Kind::ALL.iter().map(|kind| kind.exit_code()).collect();
        let names: std::collections::BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(!codes.contains(&0));
    }

    #[test]
    fn error_json_has_a_stable_shape() {
        let error = CliError::refused("no").hint("do this");
        assert_eq!(
            error.json().to_string(),
            r#"{"error":{"code":"refused","message":"no","hint":"do this"}}"#
        );
        let error = CliError::failure("no").details(json!({ "lease": 1 }));
        assert_eq!(
            error.json().to_string(),
            r#"{"error":{"code":"failure","message":"no","hint":null,"details":{"lease":1}}}"#
        );
    }
}
