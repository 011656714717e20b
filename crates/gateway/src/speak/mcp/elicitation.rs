//! A call that waits for people: the client shows its person the page where they decide, and sends
//! the call again (MCP 2025-11-25, URL Mode Elicitation; MCP 2026-07-28, Multi Round-Trip
//! Requests).
//!
//! What the client is to send back beside the call names the approval, sealed for this API and this
//! call: changed, or on another call, it opens nothing. It is no credential. Whose the approval is,
//! that it was given, and that it is used once is found out where approvals are kept.

use bailiwick_domain::denial::{Denial, Waiting};
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::ApprovalId;
use bailiwick_proof::opaque::sha256;
use bailiwick_vault::seal::{Fault, Sealer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::heard::{Eliciting, Heard};

/// How a state made here begins; a server's own goes to the server.
const PREFIX: &str = "bailiwick.";
/// The longest state of ours that is looked at.
const MAX_STATE: usize = 256;
/// The name of what the client is asked for.
pub const INPUT: &str = "bailiwick-approval";
/// The error that asks a client of 2025-11-25 to show a page.
pub const URL_ELICITATION_REQUIRED: i64 = -32042;

/// What a person is told who is shown the page.
const MESSAGE: &str = "A person has to approve this call before it is made.";

/// Whether a state is one that was made here.
pub fn is_own(state: &str) -> bool {
    state.starts_with(PREFIX)
}

/// The state that names an approval of a call.
pub fn state(
    id: ApprovalId,
    (api, bound): (&str, &[u8]),
    (sealer, entropy): (&Sealer, &Entropy),
) -> Result<String, Fault> {
    let sealed = sealer.seal(id.to_string().as_bytes(), &purpose(api, bound), entropy)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(sealed)))
}

/// The state for a call that waits, where its client is asked by a result.
pub fn asked(
    denial: &Denial,
    heard: Option<&Heard>,
    (api, method): (&str, &str),
    sealing: (&Sealer, &Entropy),
) -> Option<String> {
    let Denial::ApprovalPending(waiting) = denial else { return None };
    let call = heard?.call.as_ref().filter(|call| call.eliciting == Eliciting::ByResult)?;
    let bound = call.content.as_ref()?.bound(method);
    state(waiting.id, (api, &bound), sealing)
        .inspect_err(
            |fault| tracing::error!(%fault, "what a client is to send back cannot be sealed"),
        )
        .ok()
}

/// The approval that a state names; nothing when it was not made for this call.
pub fn open(state: &str, (api, bound): (&str, &[u8]), sealer: &Sealer) -> Option<ApprovalId> {
    let sealed = state.strip_prefix(PREFIX).filter(|sealed| sealed.len() <= MAX_STATE)?;
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let plain = sealer.open(&sealed, &purpose(api, bound)).ok()?;
    std::str::from_utf8(&plain).ok()?.parse().ok()
}

fn purpose(api: &str, bound: &[u8]) -> String {
    format!("mcp approval {api} {}", URL_SAFE_NO_PAD.encode(sha256(bound)))
}

/// What the error of 2025-11-25 says beside: the pages to show.
pub fn by_error(waiting: &Waiting) -> (&'static str, Value) {
    let page = json!({
        "mode": "url",
        "elicitationId": waiting.id.to_string(),
        "url": waiting.url,
        "message": MESSAGE,
    });
    ("elicitations", json!([page]))
}

/// The result of 2026-07-28 that asks for more.
pub fn by_result(waiting: &Waiting, state: &str) -> Value {
    json!({
        "resultType": "input_required",
        "inputRequests": {
            INPUT: {
                "method": "elicitation/create",
                "params": { "mode": "url", "url": waiting.url, "message": MESSAGE },
            },
        },
        "requestState": state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_opens_for_its_own_call_alone() {
        let sealer = Sealer::new([7; 32]).unwrap();
        let entropy = Entropy::new(|buffer| buffer.fill(3));
        let id = ApprovalId::from_bits(9);
        let call: (&str, &[u8]) = ("acme", b"call");
        let made = state(id, call, (&sealer, &entropy)).unwrap();
        assert!(is_own(&made) && made.len() <= MAX_STATE);
        assert_eq!(open(&made, call, &sealer), Some(id));
        assert_eq!(open(&made, ("acme", b"another"), &sealer), None);
        assert_eq!(open(&made, ("other", b"call"), &sealer), None);
        assert_eq!(open(&made, call, &Sealer::new([8; 32]).unwrap()), None);
        for place in PREFIX.len()..made.len() - 1 {
            let mut changed = made.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(open(&changed, call, &sealer), None, "{place}");
        }
        for text in ["", PREFIX, "bailiwick.!", "other"] {
            assert_eq!(open(text, call, &sealer), None);
        }
        assert!(!is_own("other"));
    }
}
