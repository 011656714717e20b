//! The authorization code grant (RFC 6749, section 4.1.3): a token for what a person let the client
//! do.

use bailiwick_domain::client::GrantType;
use bailiwick_proof::opaque::{self, Opens, sha256};
use bailiwick_store::codes::Code;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::authority::Authority;
use crate::govern::effect;
use crate::issue::consented::{self, Consented};
use crate::issue::form::Form;
use crate::issue::mint::Issued;
use crate::issue::party::{self, Party};
use crate::issue::refused::Refused;
use crate::issue::under::{self, NOT_GOOD, Sender};
use crate::prove::Received;

/// The grant type's name.
pub(crate) const GRANT_TYPE: &str = "authorization_code";

/// Decides a token request, as one transaction: the code is used up, and what it is good for is
/// there, or neither. A code that comes a second time ends what it gave the first time (RFC 6749,
/// section 4.1.2), whoever brings it.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    let party = party::for_grant(authority, received, form, GrantType::AuthorizationCode).await?;
    let code = form.code.as_deref().ok_or(Refused::InvalidRequest("code is missing"))?;
    let verifier = form.code_verifier.as_deref();
    let verifier = verifier.ok_or(Refused::InvalidRequest("code_verifier is missing"))?;
    let digest = opaque::digest_of(Opens::Code, code).ok_or(NOT_GOOD)?;
    let sender = Sender::find(authority, received, &party).await?;
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let code = tx.codes().find(&digest).await?.ok_or(NOT_GOOD)?;
    if code.used_at.is_some() {
        under::end(authority, &mut tx, code.grant, "its authorization code was used twice").await?;
        effect::save(tx).await?;
        return Err(NOT_GOOD);
    }
    if now >= code.expires_at || !is_for(&code, &party, &sender, (form, verifier)) {
        return Err(NOT_GOOD);
    }
    let line = under::line(authority, &mut tx, code.grant, &party).await?;
    let consented = Consented {
        offline: code.offline,
        openid: code.openid,
        nonce: code.nonce.as_deref(),
        authenticated_at: code.authenticated_at,
    };
    let with = (&line, &consented);
    let issued = consented::give(authority, &mut tx, (&party, sender), form, with).await?;
    tx.codes().redeem(&digest, now).await?;
    effect::save(tx).await?;
    Ok(issued)
}

/// Whether the code is for this client, at this redirect URI, and for whoever has its verifier
/// (RFC 7636, section 4.6) and its DPoP key (RFC 9449, section 10). The redirect URI may be left
/// out, as in OAuth 2.1, where the verifier says what it said.
fn is_for(code: &Code, party: &Party, sender: &Sender, (form, verifier): (&Form, &str)) -> bool {
    let keyed = code.dpop_key.as_deref().is_none_or(|key| sender.key() == Some(key));
    code.agent == party.agent.id
        && form.redirect_uri.as_ref().is_none_or(|uri| *uri == code.redirect_uri)
        && (43..=128).contains(&verifier.len())
        && URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())) == code.challenge
        && keyed
}
