//! Whose word is taken for who a workload is: other issuers' tokens, and SVIDs of trust domains.

use std::collections::BTreeMap;
use std::fmt;

use bailiwick_domain::denial::Denial;
use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::certificate::{Chain, Refused, TrustBundle, svid};
use bailiwick_proof::jwt::{self, Expectation, JwtSvid, SvidExpectation, WorkloadToken};
use bailiwick_proof::keys::{Bounds, IssuerAlgorithm, IssuerKeys};

use crate::bundles::{Bundles, Whence};
use crate::client::Client;
use crate::discovery::Issuers;
use crate::unfetched::NoKey;
use crate::upkeep::Upkeep;

/// One key at a time; the sets they come in are bounded where they are fetched.
const BOUNDS: Bounds<'static> =
    Bounds { max_bytes: 16 * 1024, max_keys: 1, rsa: &IssuerAlgorithm::RSA };

/// Verifies what others say of workloads, with keys that are fetched when they are needed.
#[derive(Clone)]
pub struct Trust {
    issuers: Issuers<IssuerKeys>,
    bundles: Bundles<IssuerKeys>,
}

impl Trust {
    /// Trust in these trust domains, each by the bundle from where the operator says. Which issuers
    /// are trusted is for the caller to know.
    pub fn new(client: Client, upkeep: Upkeep, domains: BTreeMap<Box<str>, Whence>) -> Self {
        let issuers = Issuers::new(client.clone(), upkeep.clone(), only_key);
        Self { issuers, bundles: Bundles::new(client, upkeep, domains, only_key) }
    }

    /// The token of a workload, verified with the keys of the expected issuer, who must be trusted.
    pub async fn workload_token(
        &self,
        text: &str,
        expected: &Expectation<'_>,
    ) -> Result<WorkloadToken, Denial> {
        let keys = self.issuers.find(expected.issuer, &kid(text)?).await;
        let keys = keys.map_err(|missing| refuse(&missing))?;
        WorkloadToken::verify(text, &keys, expected)
    }

    /// A token of one of these types, about whomever its issuer speaks of, verified alike.
    pub async fn issued_token(
        &self,
        types: &[Option<&str>],
        text: &str,
        expected: &Expectation<'_>,
    ) -> Result<WorkloadToken, Denial> {
        let keys = self.issuers.find(expected.issuer, &kid(text)?).await;
        let keys = keys.map_err(|missing| refuse(&missing))?;
        WorkloadToken::verify_as(types, text, &keys, expected)
    }

    /// The JWT-SVID, verified with the keys of the expected trust domain.
    pub async fn jwt_svid(
        &self,
        text: &str,
        expected: &SvidExpectation<'_>,
    ) -> Result<JwtSvid, Denial> {
        let keys = self.bundles.find(expected.trust_domain, &kid(text)?).await;
        let keys = keys.map_err(|missing| refuse(&missing))?;
        JwtSvid::verify(text, &keys, expected)
    }

    /// The workload of an X.509-SVID, verified under the authorities of its own trust domain.
    pub async fn x509_svid(&self, chain: &Chain, now: Timestamp) -> Result<SpiffeId, Denial> {
        let claimed = svid::claimed(chain.leaf()).map_err(Denial::from)?;
        let bundle = self.bundles.get(claimed.trust_domain()).await;
        let bundle = bundle.map_err(|missing| match missing {
            NoKey::Unfetched(_) => Denial::Unavailable,
            NoKey::Unknown | NoKey::Untimely => Denial::CredentialUnknown,
        })?;
        let authorities = bundle.x509_authorities().iter().map(Vec::as_slice);
        let bundle = TrustBundle::new(claimed.trust_domain(), authorities);
        let verified = bundle.and_then(|bundle| svid::verify(chain, &bundle, now));
        verified.map_err(|refused: Refused| refused.into())
    }
}

/// One key out of what an issuer or a trust domain publishes.
pub(crate) fn only_key(jwk: &str) -> Option<IssuerKeys> {
    let keys = IssuerKeys::from_jwks(&format!(r#"{{"keys":[{jwk}]}}"#), &BOUNDS).ok()?;
    (!keys.is_empty()).then_some(keys)
}

/// The name of the key that signed, without which none is looked for.
fn kid(token: &str) -> Result<String, Denial> {
    jwt::claimed_kid(token)?.ok_or(Denial::TokenInvalid("the token names no key (kid)"))
}

fn refuse(missing: &NoKey) -> Denial {
    match missing {
        NoKey::Unknown | NoKey::Untimely => {
            Denial::TokenInvalid("its issuer publishes no such key")
        }
        NoKey::Unfetched(_) => Denial::Unavailable,
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}
