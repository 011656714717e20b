//! How to act: in which form, and with how much of what the agent may.

/// How requests say whose they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// By a signature of the agent's own key.
    #[default]
    Signature,
    /// By an HMAC with a key that one such signature buys for an hour, at a fraction of the cost;
    /// where an API asks for more, by the agent's own key.
    Derived,
    /// By a token bound to the agent's key, and a signature of that key.
    Token,
    /// By a token and a proof (RFC 9449).
    Dpop,
}

/// In which form to act, and how far authority is narrowed. Scopes, audience and resource narrow
/// tokens; a signature does all that the agent may.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manner {
    /// How requests say whose they are.
    pub form: Form,
    /// Scopes; all that can be had when there are none.
    pub scopes: Vec<String>,
    /// Names of APIs.
    pub audience: Vec<String>,
    /// Resource identifiers of APIs (RFC 8707).
    pub resource: Vec<String>,
}

impl Manner {
    /// In this form.
    pub fn of(form: Form) -> Self {
        Self { form, ..Self::default() }
    }

    /// With these scopes alone.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }
}
