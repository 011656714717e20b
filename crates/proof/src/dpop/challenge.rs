//! What a server that asks for proofs says to a request without a good one.

use super::refused::Refused;

/// The algorithms of proofs: `dpop_signing_alg_values_supported` in an authorization server's
/// metadata (RFC 9449, section 5.1), `algs` in a challenge.
pub const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "Ed25519"];

/// The value of `WWW-Authenticate` (RFC 9449, section 7.1): why the proof was refused, or with none
/// that a proof is needed at all.
pub fn challenge(refused: Option<Refused>) -> String {
    let algorithms = ALGORITHMS.join(" ");
    match refused {
        None => format!(r#"DPoP algs="{algorithms}""#),
        Some(refused) => {
            let (error, detail) = (refused.error(), refused.detail());
            format!(r#"DPoP error="{error}", error_description="{detail}", algs="{algorithms}""#)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::refused::Invalid;
    use super::*;

    #[test]
    fn a_challenge_says_what_was_wrong_and_what_is_taken() {
        assert_eq!(challenge(None), r#"DPoP algs="ES256 EdDSA Ed25519""#);
        let use_nonce = challenge(Some(Refused::UseNonce));
        assert!(use_nonce.starts_with(r#"DPoP error="use_dpop_nonce", error_description=""#));
        let expired = challenge(Some(Refused::InvalidProof(Invalid::Expired)));
        assert!(expired.contains(r#"error="invalid_dpop_proof""#), "{expired}");
        assert!(expired.ends_with(r#", algs="ES256 EdDSA Ed25519""#), "{expired}");
        assert_eq!(expired.matches('"').count(), 6, "{expired}");
    }
}
