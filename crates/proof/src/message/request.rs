//! A request as a signature sees it.

use http::HeaderMap;

/// The request a signature is held against, as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method, in the case it was sent in.
    pub method: &'a str,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Host and optional port: the `Host` field or `:authority`.
    pub authority: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// What follows the `?`, when there is one.
    pub query: Option<&'a str>,
    /// The fields.
    pub headers: &'a HeaderMap,
}
