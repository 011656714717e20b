//! The answer by which a directory of keys shows that it holds them: Web Bot Auth
//! (draft-ietf-webbotauth-httpsig-protocol, appendix on the possession proof on the directory
//! response; RFC 9421, sections 2.2.3 and 2.4; RFC 9530).

use bailiwick_domain::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::digest;
use crate::keys::{KeyError, SigningKey};
use crate::message::authority;

/// What such a signature says of itself.
pub const TAG: &str = "http-message-signatures-directory";
/// Ties the two fields together: the label of the draft's example.
const LABEL: &str = "binding";

/// An answer: to whom the request for it was sent, and its body.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The host, and the port unless the scheme implies it.
    pub authority: &'a str,
    /// The key set, exactly as it is sent.
    pub body: &'a [u8],
}

/// The fields to send with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The value of `Content-Digest`.
    pub content_digest: String,
    /// The value of `Signature-Input`.
    pub signature_input: String,
    /// The value of `Signature`.
    pub signature: String,
}

/// Signs an answer with a key that it lists: nobody else can serve the set under another name, or
/// another set under this one. Both instants are sent in whole seconds. Only keys with a public
/// part can be listed, so only they can sign.
pub fn sign(
    answer: &Answer<'_>,
    key: &SigningKey,
    (created, expires): (Timestamp, Timestamp),
) -> Result<Signed, KeyError> {
    let keyid = key.public().ok_or(KeyError::Unsupported)?.thumbprint();
    let content_digest = digest::header_value(answer.body);
    let (created, expires) = (created.as_seconds(), expires.as_seconds());
    let input = format!(
        "(\"@authority\";req \"content-digest\")\
         ;created={created};expires={expires};keyid=\"{keyid}\";tag=\"{TAG}\""
    );
    let mut base = b"\"@authority\";req: ".to_vec();
    authority::write(answer.scheme, answer.authority, &mut base);
    let rest = format!("\n\"content-digest\": {content_digest}\n\"@signature-params\": {input}");
    base.extend_from_slice(rest.as_bytes());
    let signature = STANDARD.encode(key.sign(&base)?);
    Ok(Signed {
        content_digest,
        signature_input: format!("{LABEL}={input}"),
        signature: format!("{LABEL}=:{signature}:"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::credential::Algorithm;
    use bailiwick_domain::entropy::Entropy;

    /// The example key of RFC 9421, appendix B.1.4: its public and its private part.
    const X: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
    const D: &str = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU";
    const KEYID: &str = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";

    fn signed(authority: &str, body: &[u8]) -> Signed {
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","d":"{D}"}}"#);
        let key = SigningKey::from_jwk(&jwk).unwrap();
        let [created, expires] = [1_735_689_600, 4_889_289_600].map(Timestamp::from_seconds);
        sign(&Answer { scheme: "https", authority, body }, &key, (created, expires)).unwrap()
    }

    #[test]
    fn the_example_of_the_draft_comes_out_as_it_is_there() {
        let key = format!(r#""kty":"OKP","crv":"Ed25519","kid":"{KEYID}","x":"{X}","use":"sig""#);
        let body = format!(r#"{{"keys":[{{{key}}}]}}"#);
        let made = signed("Signature-Agent.test:443", body.as_bytes());
        let digest = "sha-256=:CADMT2aBdV/rqQr/NIru64ERQkCobVvllA4V0fLFDu0=:";
        assert_eq!(made.content_digest, digest);
        let input = format!(
            "binding=(\"@authority\";req \"content-digest\");created=1735689600\
             ;expires=4889289600;keyid=\"{KEYID}\";tag=\"http-message-signatures-directory\""
        );
        assert_eq!(made.signature_input, input);
        let signature = "binding=:l6P8R67tm3kujAxbHWio7ll01qrEZ0dKD/WWlGhNYEmTnFZM8Wt0VQ9zqGfvo7T/\
                         UMkBxsigzChM1Gpz7gOVBg==:";
        assert_eq!(made.signature, signature);
    }

    #[test]
    fn another_name_or_another_set_is_another_signature() {
        let made = signed("signature-agent.test", b"{}");
        assert_ne!(made.signature, signed("other.test", b"{}").signature);
        assert_ne!(made.signature, signed("signature-agent.test", b"{ }").signature);
        assert_ne!(made.signature, signed("signature-agent.test:8443", b"{}").signature);
    }

    #[test]
    fn a_key_that_no_directory_lists_signs_none() {
        let entropy = Entropy::new(|buffer| buffer.fill(7));
        let answer = Answer { scheme: "https", authority: "a.test", body: b"{}" };
        for algorithm in [Algorithm::HmacSha256, Algorithm::Eip191Secp256k1] {
            let key = SigningKey::generate(algorithm, &entropy).unwrap();
            let refused = sign(&answer, &key, (Timestamp::default(), Timestamp::default()));
            assert_eq!(refused, Err(KeyError::Unsupported), "{algorithm:?}");
        }
    }
}
