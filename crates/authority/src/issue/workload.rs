//! A client that is a workload: proven by what its platform says of it.

use bailiwick_domain::credential::Material;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::jwt::{Expectation, JwtSvid, Rule, SvidExpectation, WorkloadToken};

use crate::authority::Authority;
use crate::prove::{self, Proven, Unproven};

/// The longest that a workload's token may live, in seconds.
const LONGEST_SECONDS: u32 = 86_400;

/// Whether the assertion is another issuer's token: whose, if it says.
pub(crate) fn claimed_issuer(assertion: &str) -> Option<String> {
    WorkloadToken::claimed_issuer(assertion).ok()
}

/// The agent whose credential is a rule that fits this token of a trusted issuer (RFC 7523,
/// section 3, with an issuer that is not the client). Exactly one rule fits, or none is taken.
pub(crate) async fn by_token(
    authority: &Authority,
    text: &str,
    issuer: &str,
) -> Result<Proven, Unproven> {
    let mut tx = authority.store.read().await?;
    let trusted = tx.issuers().find_url(issuer).await?.filter(|it| it.ended_at.is_none());
    let untrusted = Denial::TokenInvalid("its issuer is not one that is trusted here");
    let trusted = trusted.ok_or(untrusted)?;
    let rules = tx.keys().list_claims().await?;
    drop(tx);
    let expected = Expectation {
        issuer: &trusted.url,
        audience: &trusted.audience,
        now: authority.now(),
        skew_seconds: authority.settings.window.skew_seconds,
        max_lifetime_seconds: LONGEST_SECONDS,
    };
    let token = authority.outside.trust.workload_token(text, &expected).await?;
    let mut fitting = rules.iter().filter(|key| match &key.material {
        Material::Claims(rule) => Rule::parse(rule).is_ok_and(|rule| rule.matches(&token)),
        _ => false,
    });
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => prove::find(authority, &key.id.to_string()).await,
        (None, _) => Err(Denial::CredentialUnknown.into()),
        (Some(_), Some(_)) => {
            let several = "the token fits the rules of more than one credential";
            Err(Denial::CredentialConflict(several).into())
        }
    }
}

/// The agent that is registered by the SPIFFE ID of this JWT-SVID
/// (draft-ietf-oauth-spiffe-client-auth).
pub(crate) async fn by_svid(authority: &Authority, text: &str) -> Result<Proven, Unproven> {
    let claimed = JwtSvid::claimed_id(text)?;
    let proven = prove::find(authority, &claimed.to_string()).await?;
    if !matches!(proven.key.material, Material::Spiffe) {
        return Err(Denial::CredentialUnknown.into());
    }
    let expected = SvidExpectation {
        trust_domain: claimed.trust_domain(),
        audience: &authority.settings.issuer,
        now: authority.now(),
        skew_seconds: authority.settings.window.skew_seconds,
    };
    authority.outside.trust.jwt_svid(text, &expected).await?;
    Ok(proven)
}
