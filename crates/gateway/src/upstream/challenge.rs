//! How a refused caller is told to do better, in the words of the scheme it used.

use bailiwick_domain::denial::Denial;
use bailiwick_proof::{dpop, wallet};
use http::header::{HeaderName, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::asked::Asked;
use crate::asked::facts::Challenge;
use crate::core::Gate;

const ACCEPT_SIGNATURE: HeaderName = HeaderName::from_static("accept-signature");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Adds what the scheme of a refused request says: DPoP (RFC 9449, section 7.1) or a wallet's
/// (ERC-8128, section 6). Returns the wallet's reason, which the problem carries too.
pub fn put(
    headers: &mut HeaderMap,
    (denial, status): (&Denial, StatusCode),
    (asked, gate): (&Asked, &Gate<'_>),
) -> Option<wallet::Refused> {
    match asked.facts.known().challenge? {
        Challenge::Dpop(refused) => {
            if status == StatusCode::UNAUTHORIZED {
                put_dpop(headers, refused, (asked, gate));
            }
            None
        }
        Challenge::Wallet(refused) => {
            let refused = refused.or_else(|| wallet::Refused::of_later(denial))?;
            put_wallet(headers, &refused, (asked, gate));
            Some(refused)
        }
    }
}

/// Adds where the API says what it is, and which authority it takes tokens of, to a challenge of
/// either scheme for tokens (RFC 9728, section 5.1).
pub fn point_to_metadata(headers: &mut HeaderMap, asked: &Asked, gate: &Gate<'_>) {
    let routed = gate.world.apis.find(asked.host(), asked.target.path());
    let Some(metadata) = routed.and_then(|routed| routed.metadata.as_ref()) else { return };
    let Some(value) = headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()) else {
        return;
    };
    let separator = match value {
        "Bearer" => " ",
        value if value.starts_with("Bearer ") || value.starts_with("DPoP ") => ", ",
        _ => return,
    };
    let pointed = format!("{value}{separator}resource_metadata=\"{}\"", metadata.url);
    if let Ok(pointed) = HeaderValue::from_str(&pointed) {
        headers.insert(WWW_AUTHENTICATE, pointed);
    }
}

fn put_dpop(
    headers: &mut HeaderMap,
    refused: Option<dpop::Refused>,
    (asked, gate): (&Asked, &Gate<'_>),
) {
    add(headers, WWW_AUTHENTICATE, &dpop::challenge(refused));
    if let Some(nonces) = gate.world.derivation().nonces() {
        add(headers, DPOP_NONCE, &nonces.issue(asked.at()));
    }
}

fn put_wallet(
    headers: &mut HeaderMap,
    refused: &wallet::Refused,
    (asked, gate): (&Asked, &Gate<'_>),
) {
    add(headers, WWW_AUTHENTICATE, &gate.core.settings.wallets.challenge(refused));
    if matches!(refused, wallet::Refused::InsufficientCoverage { .. }) {
        let wanted = wallet::accept_signature(&asked.signed(), !asked.payload.is_empty());
        if let Ok(wanted) = HeaderValue::from_str(&wanted) {
            headers.insert(ACCEPT_SIGNATURE, wanted);
        }
    }
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(name, value);
    }
}
