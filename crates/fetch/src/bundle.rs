//! One trust domain's keys (SPIFFE Trust Domain and Bundle, section 4).

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::jwks::{self, Jwks, text};
use crate::unfetched::Unfetched;

/// The keys of one trust domain: certificate authorities for X.509-SVIDs, and keys for JWT-SVIDs.
/// They count in that trust domain and in no other.
#[derive(Debug)]
pub struct Bundle<K> {
    pub(crate) sequence: Option<u64>,
    pub(crate) refresh_hint: Option<i64>,
    x509_authorities: Vec<Vec<u8>>,
    jwt_authorities: HashMap<Box<str>, Arc<K>>,
}

impl<K> Bundle<K> {
    /// Reads a bundle. Elements of another `use`, and keys that `read` does not take, are passed
    /// over (section 4.1.3); one of a known `use` that is not as it must be spoils the bundle.
    pub fn read(document: &[u8], read: &dyn Fn(&str) -> Option<K>) -> Result<Self, Unfetched> {
        let Jwks { members, keys } = Jwks::read(document)?;
        let mut bundle = Self {
            sequence: number(&members, "spiffe_sequence")?,
            refresh_hint: number(&members, "spiffe_refresh_hint")?
                .map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)),
            x509_authorities: Vec::new(),
            jwt_authorities: HashMap::new(),
        };
        for key in keys {
            match text(&key, "use") {
                Some("x509-svid") => bundle.x509_authorities.push(certificate(&key)?),
                Some("jwt-svid") => bundle.add_jwt_authority(key, read)?,
                _ => {}
            }
        }
        Ok(bundle)
    }

    fn add_jwt_authority(
        &mut self,
        mut key: Map<String, Value>,
        read: &dyn Fn(&str) -> Option<K>,
    ) -> Result<(), Unfetched> {
        let kid = jwks::kid(&key).filter(|kid| !kid.is_empty());
        let kid: Box<str> = kid.ok_or(Unfetched::Malformed("a jwt-svid key has no kid"))?.into();
        // Checked here; to a reader of plain JWKs the value would be foreign.
        key.remove("use");
        if let Some(key) = jwks::bare(key).as_deref().and_then(read) {
            self.jwt_authorities.entry(kid).or_insert_with(|| Arc::new(key));
        }
        Ok(())
    }

    /// Certificate authorities for X.509-SVIDs, each one certificate in DER as it was published.
    pub fn x509_authorities(&self) -> &[Vec<u8>] {
        &self.x509_authorities
    }

    /// The key for JWT-SVIDs with this `kid`.
    pub fn jwt_authority(&self, kid: &str) -> Option<&Arc<K>> {
        self.jwt_authorities.get(kid)
    }

    /// Whether this one may take the place of `known`: its sequence may not go back, nor vanish
    /// (section 4.1.1: monotonically increasing), or a retired key could be brought back.
    pub(crate) fn may_follow(&self, known: &Self) -> bool {
        self.sequence >= known.sequence
    }
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Option<u64>, Unfetched> {
    let unreadable = Unfetched::Malformed("spiffe_sequence or spiffe_refresh_hint is no integer");
    members.get(name).map(|value| value.as_u64().ok_or(unreadable)).transpose()
}

/// The one certificate of an element (X509-SVID, section 6.1).
fn certificate(key: &Map<String, Value>) -> Result<Vec<u8>, Unfetched> {
    let listed = key.get("x5c").and_then(Value::as_array).map(Vec::as_slice);
    let Some([Value::String(text)]) = listed else {
        return Err(Unfetched::Malformed("an x509-svid element has not exactly one certificate"));
    };
    let der = STANDARD.decode(text);
    let der = der.map_err(|_| Unfetched::Malformed("a certificate is not base64"))?;
    // Every certificate is a SEQUENCE (RFC 5280, section 4.1).
    if der.first() == Some(&0x30) {
        Ok(der)
    } else {
        Err(Unfetched::Malformed("a certificate is not DER"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str) -> Result<Bundle<String>, Unfetched> {
        Bundle::read(document.as_bytes(), &|jwk| Some(jwk.to_owned()))
    }

    #[test]
    fn a_bundle_holds_certificates_and_keys_apart() {
        let bundle = read(
            r#"{"keys":[
                {"use":"x509-svid","kty":"EC","crv":"P-256","x":"a","y":"b","x5c":["MAA="]},
                {"use":"jwt-svid","kty":"EC","kid":"k1","crv":"P-256","x":"a","y":"b"},
                {"use":"jwt-svid","kty":"RSA","kid":"k1","n":"a","e":"b"},
                {"use":"wit-svid","kty":"EC","kid":"k2"},
                {"kty":"EC","kid":"k3"}],
               "spiffe_sequence":12,"spiffe_refresh_hint":600}"#,
        )
        .unwrap();
        assert_eq!(bundle.x509_authorities(), [vec![0x30, 0]]);
        let key = bundle.jwt_authority("k1").unwrap();
        let key: serde_json::Value = serde_json::from_str(key.as_str()).unwrap();
        let expected = r#"{"crv":"P-256","kid":"k1","kty":"EC","x":"a","y":"b"}"#;
        assert_eq!(key, serde_json::from_str::<serde_json::Value>(expected).unwrap());
        assert!(bundle.jwt_authority("k2").is_none() && bundle.jwt_authority("k3").is_none());
        assert_eq!((bundle.sequence, bundle.refresh_hint), (Some(12), Some(600)));
    }

    #[test]
    fn a_bundle_that_is_not_as_it_must_be_is_refused_whole() {
        for document in [
            r#"{"spiffe_sequence":1}"#,
            r#"{"keys":[],"spiffe_sequence":-1}"#,
            r#"{"keys":[],"spiffe_sequence":"1"}"#,
            r#"{"keys":[],"spiffe_sequence":99999999999999999999}"#,
            r#"{"keys":[],"spiffe_refresh_hint":1.5}"#,
            r#"{"keys":[{"use":"jwt-svid","kty":"EC"}]}"#,
            r#"{"keys":[{"use":"jwt-svid","kty":"EC","kid":""}]}"#,
            r#"{"keys":[{"use":"x509-svid","kty":"EC"}]}"#,
            r#"{"keys":[{"use":"x509-svid","kty":"EC","x5c":[]}]}"#,
            r#"{"keys":[{"use":"x509-svid","kty":"EC","x5c":["MAA=","MAA="]}]}"#,
            r#"{"keys":[{"use":"x509-svid","kty":"EC","x5c":["%"]}]}"#,
            r#"{"keys":[{"use":"x509-svid","kty":"EC","x5c":["AAA="]}]}"#,
        ] {
            assert!(matches!(read(document), Err(Unfetched::Malformed(_))), "{document}");
        }
    }

    #[test]
    fn a_sequence_goes_forward_or_stays() {
        let of = |sequence: &str| read(&format!(r#"{{"keys":[]{sequence}}}"#)).unwrap();
        let (none, one, two) =
            (of(""), of(r#","spiffe_sequence":1"#), of(r#","spiffe_sequence":2"#));
        assert!(two.may_follow(&one) && one.may_follow(&one) && one.may_follow(&none));
        assert!(!one.may_follow(&two) && !none.may_follow(&one));
    }
}
