//! Whom a token is for, beyond which agent: the key that must be shown with it.

use bailiwick_domain::id::KeyId;
use bailiwick_proof::dpop::{self, Expectation};
use bailiwick_proof::jwt::Confirmation;

use crate::authority::Authority;
use crate::issue::refused::Refused;
use crate::prove::{self, Once, Received};

/// The key of the DPoP proof that came with a token request, if one did (RFC 9449, section 5). Its
/// `jti` is spent in the name of the credential that authenticated the client.
pub(crate) async fn by_dpop(
    authority: &Authority,
    received: Received<'_>,
    client: KeyId,
) -> Result<Option<Confirmation>, Refused> {
    let known = authority.roots().await?;
    let now = authority.now();
    let refuse = |refused| Refused::Dpop { refused, nonce: known.nonces.issue(now) };
    let Some(proof) = dpop::find(&received.head.headers).map_err(refuse)? else { return Ok(None) };
    let (scheme, host) = authority.origin();
    let expected = Expectation {
        method: received.head.method.as_str(),
        scheme,
        authority: host,
        path: received.head.uri.path(),
        token: None,
        now,
        window: authority.settings.window,
        nonces: Some(&known.nonces),
    };
    let proven = dpop::verify(proof, &expected).map_err(refuse)?;
    let text = format!("dpop:{}:{}", proven.jkt, proven.jti);
    let once = Once { key: client, text: &text, created_at: proven.iat, expires_at: proven.until };
    prove::spend(authority, once).await?;
    Ok(Some(Confirmation::Key(proven.jkt)))
}
