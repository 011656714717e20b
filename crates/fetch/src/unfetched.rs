//! Why there is no answer.

/// Why something could not be fetched. It never says that a key is wrong: whoever asked knows
/// nothing, and refuses with "unavailable".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfetched {
    /// It is not a URL of the form that is asked.
    #[error("the URL cannot be asked: {0}")]
    NotAUrl(&'static str),
    /// Plain HTTP, and the operator has not allowed it to that address.
    #[error("the URL is not https: nothing was sent")]
    Plaintext,
    /// The name stands for no address.
    #[error("the name cannot be resolved")]
    Unresolved,
    /// An address of the name is not on the public internet, nor in an allowed network.
    #[error("the address is not public and not in an allowed network: nothing was sent")]
    Forbidden,
    /// No connection, or one that broke before the answer was whole.
    #[error("the server did not answer")]
    Unreachable,
    /// The server's certificate is not trusted for its name, or TLS failed otherwise.
    #[error("no TLS connection that can be trusted")]
    Untrusted,
    /// The whole exchange took longer than it may.
    #[error("the server took too long")]
    TooSlow,
    /// The answer is larger than it may be, in bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The server points elsewhere; nobody goes there.
    #[error("the server redirects, which is not followed")]
    Redirected,
    /// Another status than 200.
    #[error("the server answered {0}")]
    Status(u16),
    /// Another media type than was asked for, or a content coding.
    #[error("the answer is not of the media type that was asked for")]
    MediaType,
    /// The document is not what it should be.
    #[error("the document cannot be read: {0}")]
    Malformed(&'static str),
    /// The document is older than the one already known.
    #[error("the document's sequence goes backwards: the known one stays")]
    Backwards,
    /// Too much is being fetched at this moment.
    #[error("too many fetches at once: try again shortly")]
    Busy,
    /// The fetch was given up before it ended, as its runtime ended.
    #[error("the fetch was interrupted")]
    Interrupted,
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// The one who publishes keys was asked, or was asked a moment ago, and has no such key: the
    /// caller's doing.
    #[error("no such key is published there")]
    Unknown,
    /// The key is published, with a time of use that has not begun or is over.
    #[error("the key is not to be used at this time")]
    Untimely,
    /// Nobody could be asked: nothing is known about the key.
    #[error(transparent)]
    Unfetched(#[from] Unfetched),
}
