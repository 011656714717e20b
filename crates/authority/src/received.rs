//! A request that proves who sent it, and why it may not.

use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::Chain;
use bailiwick_proof::message::Request;
use http::request;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::peer::PeerCertificate;
use crate::refusal::Refusal;

/// A request as it arrived: its head, and its whole body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    /// Method, target and fields.
    pub(crate) head: &'a request::Parts,
    /// The body, complete.
    pub(crate) body: &'a [u8],
}

impl<'a> Received<'a> {
    /// The certificate of the connection that it came over, if there was one.
    pub(crate) fn certificate(&self) -> Option<&'a Chain> {
        self.head.extensions.get::<PeerCertificate>().map(|peer| &*peer.0)
    }

    /// The request as its signature sees it: scheme and authority are the issuer's, never those of
    /// the `Host` field.
    pub(crate) fn signed(self, authority: &'a Authority) -> Request<'a> {
        let (scheme, host) = authority.origin();
        Request {
            method: self.head.method.as_str(),
            scheme,
            authority: host,
            path: self.head.uri.path(),
            query: self.head.uri.query(),
            headers: &self.head.headers,
        }
    }
}

/// Why a proof was not accepted: the caller's doing, or ours.
#[derive(Debug)]
pub(crate) enum Unproven {
    /// It does not hold.
    Denied(Denial),
    /// It could not be checked.
    Faulted(Fault),
}

impl From<Denial> for Unproven {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl<F: Into<Fault>> From<F> for Unproven {
    fn from(fault: F) -> Self {
        Self::Faulted(fault.into())
    }
}

impl From<Unproven> for Refusal {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Denied(denial) => denial.into(),
            Unproven::Faulted(fault) => fault.into(),
        }
    }
}
