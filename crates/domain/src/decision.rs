//! How a request ended, as the ledger says it.

/// The outcome of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Admitted, forwarded, and answered by the upstream.
    Allowed,
    /// Refused; no upstream saw it whole.
    Denied,
    /// Put before people; no upstream has seen it.
    Pending,
    /// Admitted, but the upstream gave no whole answer.
    Failed,
    /// Admitted, and the gateway stopped before it knew how it ended.
    Interrupted,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Allowed, Self::Denied, Self::Pending, Self::Failed, Self::Interrupted];

    /// The outcome as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}
