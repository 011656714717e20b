//! Where a request came from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;

use crate::fault::Fault;
use crate::refusal::Refusal;

/// The address of whoever is at the other end of the connection, as the server that accepted it
/// says in the request's extensions. A request without one is refused: what is counted by address
/// cannot be counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let ConnectInfo(from) = from.ok_or(Fault::PeerUnknown)?;
        Ok(Self(from.ip()))
    }
}
