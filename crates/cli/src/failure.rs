//! How a command ends when it does not succeed: an exit code, a sentence, and what to do.

use std::fmt;

use crate::config;

/// Exit codes: 0 done, 1 refused or not found, 2 usage or configuration, 3 no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The answer is no, or something failed here.
    Refused,
    /// The command or the configuration cannot be understood.
    Usage,
    /// The server cannot be reached.
    Unreachable,
}

impl Exit {
    /// What the process exits with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
        }
    }
}

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the process exits with.
    pub(crate) exit: Exit,
    /// A stable code, where there is one.
    pub(crate) code: Option<String>,
    /// What happened.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// The answer is no.
    pub(crate) fn refused(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Refused, code: None, message: message.to_string(), hint: None }
    }

    /// The command or the configuration cannot be understood.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, ..Self::refused(message) }
    }

    /// Nobody answers there.
    pub(crate) fn unreachable(url: &str, reason: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Unreachable,
            ..Self::refused(format!("{url} cannot be reached: {reason}"))
        }
        .hint("check that `bailiwick serve` runs there; BAILIWICK_URL says where to go")
    }

    /// The same, with what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with its stable code.
    #[must_use]
    pub(crate) fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The failure as one JSON object.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut error = serde_json::Map::new();
        let mut put = |key: &str, value: Option<&str>| {
            if let Some(value) = value {
                error.insert(key.to_owned(), value.into());
            }
        };
        put("code", self.code.as_deref());
        put("message", Some(&self.message));
        put("hint", self.hint.as_deref());
        serde_json::json!({ "error": error })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

impl From<config::Unusable> for Failure {
    fn from(unusable: config::Unusable) -> Self {
        match unusable {
            config::Unusable::Unreadable { .. } => {
                Self::usage(unusable).hint("`bailiwick init DIR` writes a first configuration")
            }
            config::Unusable::Wrong(problems) => {
                let count = problems.iter().count();
                let what = if count == 1 { "problem" } else { "problems" };
                Self::usage(format!("the configuration has {count} {what}\n{problems}"))
            }
        }
    }
}
