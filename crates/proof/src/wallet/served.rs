//! Which accounts are taken, and how that is told to clients (ERC-8128, sections 6 and 7).

use serde_json::{Value, json};

use super::account::{Account, Generation};
use super::candidates::TAG;
use super::check::components;
use super::refused::Refused;
use crate::message::Request;

/// Which accounts can prove themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// Those with a key and those that are contracts; the chain is asked which.
    Universal,
    /// Those with a key; the chain is asked whether it is one, and contracts are refused.
    EoaOnly,
    /// Those with a key, and no chain is asked: whoever holds the key may sign, whatever code the
    /// account has since taken on.
    Offline,
}

/// What this verifier serves: the small part of policy that clients are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The chains, by number (EIP-155). Where there are none, no account is served.
    pub chains: Vec<u64>,
    /// The accounts.
    pub accounts: Accounts,
    /// The most seconds from `created` to `expires`.
    pub max_validity_seconds: u32,
}

impl Accounts {
    /// The word of the draft.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Universal => "universal",
            Self::EoaOnly | Self::Offline => "eoa-only",
        }
    }
}

impl Served {
    /// Whether the account's chain is served.
    pub fn check(&self, account: &Account) -> Result<(), Refused> {
        if self.chains.contains(&account.chain) { Ok(()) } else { Err(Refused::UnsupportedChain) }
    }

    /// The value of `WWW-Authenticate` (section 6).
    pub fn challenge(&self, refused: &Refused) -> String {
        let (code, accounts) = (refused.code(), self.accounts.as_str());
        let chains = match self.chain_ids() {
            none if none.is_empty() => String::new(),
            chains => format!(", chains=\"{}\"", chains.join(" ")),
        };
        format!("ERC8128 error=\"{code}\"{chains}, account=\"{accounts}\"")
    }

    /// The document at `/.well-known/erc8128` (section 7), to be sent as `application/json`.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "max_validity_sec": self.max_validity_seconds,
            "account_verification": self.accounts.as_str(),
            "route_policies": {
                "default": { "replay": "non-replayable", "content_digest": "request-body" }
            },
        });
        if let (Some(members), false) = (document.as_object_mut(), self.chains.is_empty()) {
            members.insert("chains".to_owned(), json!(self.chain_ids()));
        }
        document
    }

    fn chain_ids(&self) -> Vec<String> {
        self.chains.iter().map(|chain| format!("eip155:{chain}")).collect()
    }
}

/// The value of `Accept-Signature` for a request that covered too little: all that a signature
/// over it has to cover, in the form of the draft (section 6; RFC 9421, section 5.1).
pub fn accept_signature(request: &Request<'_>, has_body: bool) -> String {
    let mut covered = components(Generation::Two, request);
    if has_body && !covered.contains(&"content-digest") {
        let place = covered.iter().position(|name| *name == "@query").unwrap_or_default();
        covered.insert(place.saturating_add(1), "content-digest");
    }
    let quoted: Vec<String> = covered.iter().map(|name| format!("\"{name}\"")).collect();
    format!("request=({});created;expires;tag=\"{TAG}\"", quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};

    fn served(chains: &[u64], accounts: Accounts) -> Served {
        Served { chains: chains.to_vec(), accounts, max_validity_seconds: 60 }
    }

    #[test]
    fn clients_are_told_what_would_satisfy() {
        let challenge = served(&[1, 8453], Accounts::Universal);
        assert_eq!(
            challenge.challenge(&Refused::UnsupportedChain),
            "ERC8128 error=\"unsupported_chain\", chains=\"eip155:1 eip155:8453\", \
             account=\"universal\"",
        );
        assert_eq!(
            served(&[], Accounts::Offline).challenge(&Refused::BadSignature),
            "ERC8128 error=\"bad_signature\", account=\"eoa-only\"",
        );
        let document = challenge.document();
        assert_eq!(document["chains"], json!(["eip155:1", "eip155:8453"]));
        assert_eq!(document["max_validity_sec"], 60);
        assert_eq!(document["account_verification"], "universal");
        assert!(served(&[], Accounts::EoaOnly).document().get("chains").is_none());
    }

    #[test]
    fn a_repair_lists_everything_a_signature_has_to_cover() {
        let mut headers = HeaderMap::new();
        let check = |headers: &HeaderMap, has_body, expected: &str| {
            let request = Request {
                method: "POST",
                scheme: "https",
                authority: "api.example",
                path: "/items",
                query: None,
                headers,
            };
            let expected = format!(
                "request=(\"@scheme\" \"@authority\" \"@method\" \"@path\" \"@query\"{expected})\
                 ;created;expires;tag=\"erc8128\"",
            );
            assert_eq!(accept_signature(&request, has_body), expected);
        };
        check(&headers, false, "");
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        check(&headers, true, " \"content-digest\" \"content-type\"");
        headers.insert("content-digest", HeaderValue::from_static("sha-256=::"));
        headers.insert("authorization", HeaderValue::from_static("Bearer a"));
        check(&headers, true, " \"content-digest\" \"content-type\" \"authorization\"");
    }
}
