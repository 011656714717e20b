//! What other issuers write: keys, tokens, and rules over them.

use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::{self, JwtSvid, Rule, SvidExpectation, WorkloadToken};
use bailiwick_proof::keys::{Bounds, IssuerAlgorithm, IssuerKeys};

/// The key of RFC 8037, appendix A.1: everybody knows how to sign with it, no corpus does.
pub(super) const KEY: &str =
    r#"{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_618_884_474);
const BOUNDS: Bounds<'_> =
    Bounds { max_bytes: 64 * 1024, max_keys: 16, rsa: &IssuerAlgorithm::RSA };

/// The keys of another issuer, or the bundle of a trust domain.
pub fn issuer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for read in [IssuerKeys::from_jwks, IssuerKeys::from_bundle] {
        let Ok(keys) = read(&text, &BOUNDS) else { continue };
        assert!(keys.len() <= BOUNDS.max_keys, "{text}");
        let Some(key) = keys.find(None) else { continue };
        let verified = key.verify(IssuerAlgorithm::Es256, b"nothing", &[0; 64]);
        assert!(verified.is_err(), "{text}");
    }
}

/// A token of another issuer, as a workload's and as a JWT-SVID.
pub fn workload(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(keys) = IssuerKeys::from_jwks(&format!(r#"{{"keys":[{KEY}]}}"#), &BOUNDS) else {
        return;
    };
    let (audience, now, skew_seconds) = ("https://authority.example", NOW, 5);
    let issuer = WorkloadToken::claimed_issuer(&text).unwrap_or_default();
    let max_lifetime_seconds = u32::MAX;
    let expected =
        jwt::Expectation { issuer: &issuer, audience, now, skew_seconds, max_lifetime_seconds };
    assert!(WorkloadToken::verify(&text, &keys, &expected).is_err(), "{text}");
    let id = JwtSvid::claimed_id(&text);
    let trust_domain = id.as_ref().map_or("example.org", SpiffeId::trust_domain);
    let expected = SvidExpectation { trust_domain, audience, now, skew_seconds };
    assert!(JwtSvid::verify(&text, &keys, &expected).is_err(), "{text}");
}

/// A rule over the claims of a workload's token.
pub fn rule(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(rule) = Rule::parse(&text) else { return };
    let again = Rule::parse(&rule.to_json());
    assert_eq!(again.as_ref().map(Rule::to_json), Ok(rule.to_json()), "{text}");
    assert_eq!(again.as_ref().map(Rule::thumbprint), Ok(rule.thumbprint()), "{text}");
}

/// A SPIFFE ID.
pub fn spiffe(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(id) = SpiffeId::parse(&text) else { return };
    assert_eq!(id.to_string(), text);
    assert_eq!(format!("spiffe://{}{}", id.trust_domain(), id.path()), text);
    let climbs = |segment: &str| segment == "." || segment == "..";
    assert!(!id.path().split('/').any(climbs), "{text}");
}
