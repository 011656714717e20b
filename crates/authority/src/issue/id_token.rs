//! ID tokens (`OpenID` Connect Core, section 2): who the person is that let a client act.

use bailiwick_proof::jws;
use bailiwick_proof::opaque::sha256;
use bailiwick_store::codes::Code;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::issue::line::Line;
use crate::issue::mint::Issued;

/// How long one is good, in seconds: it is read at once.
const SECONDS: i64 = 300;

/// The ID token that goes with an access token; none where no person is meant.
pub(crate) async fn sign(
    authority: &Authority,
    (code, client_id): (&Code, &str),
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
    say("aud", client_id.into());
    say("iat", now.as_seconds().into());
    say("exp", now.plus_seconds(SECONDS).as_seconds().into());
    say("auth_time", code.authenticated_at.as_seconds().into());
    say("at_hash", URL_SAFE_NO_PAD.encode(half).into());
    if let Some(nonce) = &code.nonce {
        say("nonce", nonce.as_str().into());
    }
    Ok(Some(jws::sign(&authority.signing().await?.key, "JWT", &claims)?))
}
