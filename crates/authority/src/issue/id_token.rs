//! ID tokens (`OpenID` Connect Core, section 2): who the person is that let a client act.

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::opaque::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::issue::line::Line;
use crate::issue::mint::Issued;

/// How long one is good, in seconds: it is read at once.
const SECONDS: i64 = 300;

/// For whom it is, and of which sign-in it tells.
#[derive(Debug)]
pub(crate) struct About<'a> {
    /// The client, as it says its id.
    pub(crate) client_id: &'a str,
    /// What is to be repeated.
    pub(crate) nonce: Option<&'a str>,
    /// When the person had proved who they are.
    pub(crate) authenticated_at: Timestamp,
}

/// The ID token that goes with an access token; none where no person is meant.
pub(crate) async fn sign(
    authority: &Authority,
    about: About<'_>,
    line: &Line,
    issued: &Issued,
) -> Result<Option<String>, Fault> {
    let Some(person) = line.person() else { return Ok(None) };
    let now = authority.now();
    let half = sha256(issued.token.as_bytes());
    let half = half.get(..16).unwrap_or_default();
    let mut claims = Map::<String, Value>::new();
    let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    say("iss", authority.settings.issuer.as_str().into());
    say("sub", person.to_string().into());
    say("aud", about.client_id.into());
    say("iat", now.as_seconds().into());
    say("exp", now.plus_seconds(SECONDS).as_seconds().into());
    say("auth_time", about.authenticated_at.as_seconds().into());
    say("at_hash", URL_SAFE_NO_PAD.encode(half).into());
    if let Some(nonce) = about.nonce {
        say("nonce", nonce.into());
    }
    Ok(Some(jws::sign(&authority.signing().await?.key, "JWT", &claims)?))
}
