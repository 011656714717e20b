//! Taking a token back (RFC 7009).

use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::revoked_tokens::RevokedToken;

use crate::authority::Authority;
use crate::govern::effect;
use crate::issue::form::Form;
use crate::issue::refused::Refused;
use crate::issue::{client, live, refresh_token};
use crate::prove::Received;

/// Takes the client's own token back, and with it all that was exchanged from it, which hangs on
/// it. A text that is no token, or one that has expired, is good for nothing already.
pub(crate) async fn revoke(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<(), Refused> {
    let refresh = |text: &String| opaque::digest_of(Opens::Refresh, text);
    if let Some(digest) = form.token.as_ref().and_then(refresh) {
        return refresh_token::revoke(authority, received, (form, digest)).await;
    }
    let client = client::authenticate(authority, received, form).await?;
    let text = form.token.as_deref().ok_or(Refused::InvalidRequest("token is missing"))?;
    let Some(token) = live::verify(authority, text).await? else { return Ok(()) };
    if token.client_id != client.agent.id {
        return Err(Refused::InvalidGrant("the token was issued to another client"));
    }
    let mut tx = authority.store.begin().await?;
    let taken = RevokedToken { id: token.jti, expires_at: token.exp };
    tx.revoked_tokens().insert(taken).await?;
    effect::save(tx).await?;
    Ok(())
}
