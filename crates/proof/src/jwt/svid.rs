//! JWT-SVIDs: tokens by which a SPIFFE trust domain says which workload is calling.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_domain::time::Timestamp;

use super::claims::Claims;
use super::issued;
use crate::jws::Compact;
use crate::keys::{IssuerAlgorithm, IssuerKeys};

/// What is expected of a JWT-SVID.
#[derive(Debug, Clone, Copy)]
pub struct SvidExpectation<'a> {
    /// The trust domain whose keys are given. Keys of one never speak for another.
    pub trust_domain: &'a str,
    /// Whom it has to be for.
    pub audience: &'a str,
    /// The present.
    pub now: Timestamp,
    /// How many seconds the issuer's clock may be ahead.
    pub skew_seconds: u32,
}

/// A JWT-SVID that has verified. There is no other way to have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtSvid {
    id: SpiffeId,
    expires_at: Timestamp,
}

impl JwtSvid {
    /// The SPIFFE ID that a token claims, to find the bundle of its trust domain by. Nothing is
    /// verified.
    pub fn claimed_id(token: &str) -> Result<SpiffeId, Denial> {
        Claims(Compact::read(token)?.claimed()?).parsed("sub")
    }

    /// The SVID, if one of the trust domain's `keys` signed it (those of its bundle,
    /// [`IssuerKeys::from_bundle`]), it is for the expected audience and it is valid now (JWT-SVID,
    /// sections 2 to 4). Refused are any header member but `alg`, `kid` and `typ`, an algorithm
    /// that the standard does not list, a subject that is no workload of the trust domain, and a
    /// token without `aud` or `exp`.
    pub fn verify(
        token: &str,
        keys: &IssuerKeys,
        expected: &SvidExpectation<'_>,
    ) -> Result<Self, Denial> {
        let compact = Compact::read(token)?;
        let known = |name: &String| matches!(name.as_str(), "alg" | "kid" | "typ");
        if !compact.header().keys().all(known) {
            return Err(Denial::TokenInvalid("a JWT-SVID's header has alg, kid and typ only"));
        }
        if !matches!(compact.text("typ")?, None | Some("JWT" | "JOSE")) {
            return Err(Denial::TokenInvalid("the typ of a JWT-SVID is JWT or JOSE"));
        }
        let algorithm = issued::algorithm(&compact)?;
        if algorithm == IssuerAlgorithm::Ed25519 {
            return Err(Denial::TokenInvalid("a JWT-SVID is signed by RSA or ECDSA"));
        }
        let claims = issued::verify(&compact, algorithm, keys)?;
        let id: SpiffeId = claims.parsed("sub")?;
        if id.trust_domain() != expected.trust_domain {
            return Err(Denial::TokenInvalid("sub is of another trust domain than the keys"));
        }
        if id.path().is_empty() {
            return Err(Denial::TokenInvalid("sub is a trust domain and no workload"));
        }
        if !claims.audience()?.iter().any(|one| one == expected.audience) {
            return Err(Denial::TokenInvalid("aud does not name this authority"));
        }
        issued::check_time(&claims, expected.now, expected.skew_seconds)?;
        Ok(Self { id, expires_at: Timestamp::from_seconds(claims.seconds("exp")?) })
    }

    /// The workload.
    pub fn id(&self) -> &SpiffeId {
        &self.id
    }

    /// When it stops being valid: `exp`, whole seconds.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}
