//! Authorization requests that a client pushes, before it sends the person here with no more than
//! their name (RFC 9126).

use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::pushed_requests::PushedRequest;

use crate::authority::Authority;
use crate::authorize::parameters::Parameters;
use crate::fault::Fault;
use crate::refusal::Refusal;

/// What the name of a pushed request begins with (RFC 9126, section 2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// How long the client has to send the person here, in seconds.
pub(crate) const SECONDS: u32 = 60;
/// How long the person has to sign in and to decide, in seconds.
const DECISION_SECONDS: i64 = 600;

/// A request that was pushed, and its parameters.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// What it is found by.
    pub(crate) digest: [u8; 32],
    /// Its parameters.
    pub(crate) parameters: Parameters,
}

/// Keeps a request of this client; its `request_uri`.
pub(crate) async fn keep(
    authority: &Authority,
    client_id: &str,
    parameters: &Parameters,
) -> Result<String, Fault> {
    let now = authority.now();
    let (name, digest) = opaque::fresh(Opens::Pushed, &authority.entropy);
    let request = PushedRequest {
        digest,
        client: client_id.to_owned(),
        parameters: parameters.write(),
        expires_at: now.plus_seconds(i64::from(SECONDS)),
    };
    let mut tx = authority.store.begin_append().await?;
    tx.pushed_requests().insert(&request).await?;
    tx.save().await?;
    Ok(format!("{PREFIX}{}", *name))
}

/// The request of this name, if this client pushed it, nobody has decided about it and its time is
/// not over. From the first time on, the person has ten minutes.
pub(crate) async fn find(
    authority: &Authority,
    client_id: &str,
    request_uri: &str,
) -> Result<Pushed, Refusal> {
    let gone = || {
        let why = "request_uri is none of this client's, or its time is over: start again there";
        Refusal::Malformed(why.to_owned())
    };
    let name = request_uri.strip_prefix(PREFIX).ok_or_else(gone)?;
    let digest = opaque::digest_of(Opens::Pushed, name).ok_or_else(gone)?;
    let now = authority.now();
    let found = authority.store.read().await?.pushed_requests().find(&digest, now).await?;
    let found = found.filter(|it| it.client == client_id).ok_or_else(gone)?;
    let mut tx = authority.store.begin_append().await?;
    tx.pushed_requests().see(&digest, now, now.plus_seconds(DECISION_SECONDS)).await?;
    tx.save().await?;
    let parameters = Parameters::read(&found.parameters);
    let parameters = parameters.ok_or(Fault::Corrupt("a pushed request"))?;
    Ok(Pushed { digest, parameters })
}
