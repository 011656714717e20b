//! Trusted issuers of workloads' tokens: added and ended by operators.

use bailiwick_domain::id::IssuerId;
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_fetch::Url;

use crate::authority::Authority;
use crate::govern::effect;
use crate::refusal::Refusal;

/// The longest audience.
const AUDIENCE_BYTES: usize = 1024;

/// Trusts an issuer: its tokens then count where a credential's rule says so. One that had ended is
/// trusted again, with this audience
/// and this ceiling for what its tokens about people can hand on; without one they never stand for
/// people.
pub(crate) async fn add(
    authority: &Authority,
    url: &str,
    audience: &str,
    person_scopes: Option<ScopeSet>,
) -> Result<TrustedIssuer, Refusal> {
    let malformed = |text: String| Refusal::Malformed(text);
    if url.trim_end_matches('/') == authority.settings.issuer {
        return Err(malformed("this authority is no issuer of workloads' tokens".to_owned()));
    }
    url.parse::<Url>().map_err(|error| malformed(format!("`url`: {error}")))?;
    if audience.is_empty() || audience.len() > AUDIENCE_BYTES {
        return Err(malformed("`audience` has 1 to 1024 bytes".to_owned()));
    }
    let mut tx = authority.store.begin().await?;
    let issuer = match tx.issuers().find_url(url).await? {
        Some(known) if known.ended_at.is_none() => {
            return Err(Refusal::StateImpossible("the issuer is trusted already".to_owned()));
        }
        Some(ended) => {
            let again = TrustedIssuer {
                audience: audience.to_owned(),
                person_scopes,
                ended_at: None,
                ..ended
            };
            tx.issuers().update(&again).await?;
            again
        }
        None => {
            let issuer = TrustedIssuer {
                id: IssuerId::fresh(authority.now(), &authority.entropy),
                url: url.to_owned(),
                audience: audience.to_owned(),
                person_scopes,
                created_at: authority.now(),
                ended_at: None,
            };
            tx.issuers().insert(&issuer).await?;
            issuer
        }
    };
    effect::save(tx).await?;
    Ok(issuer)
}

/// Trusts an issuer no more, from the next request on. Ending it again changes nothing.
pub(crate) async fn end(authority: &Authority, id: IssuerId) -> Result<TrustedIssuer, Refusal> {
    let mut tx = authority.store.begin().await?;
    let mut issuer = tx.issuers().find(id).await?.ok_or(Refusal::NotFound("issuer"))?;
    issuer.ended_at = issuer.ended_at.or(Some(authority.now()));
    tx.issuers().update(&issuer).await?;
    effect::save(tx).await?;
    Ok(issuer)
}
