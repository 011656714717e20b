//! Web Bot Auth: a message signature by a key that the agent publishes in a directory
//! (draft-meunier-webbotauth-httpsig-protocol).
//!
//! The signature has `tag="web-bot-auth"` and covers `Signature-Agent`, which names the directory's
//! server: a dictionary of which one member is covered, or, in the earlier form, a single string
//! that is covered whole. Only after the directory's server is known to be somebody's is anything
//! fetched; that is not done here.

use bailiwick_domain::denial::Denial;
use http::HeaderMap;
use http::header::HeaderName;
use sfv::{BareItem, Dictionary, Item, ListEntry, Parser, StringRef};

use crate::message::{Presented, Request};

/// The field that names the server with the agent's keys.
pub const SIGNATURE_AGENT: HeaderName = HeaderName::from_static("signature-agent");
/// What such a signature says of itself.
pub const TAG: &str = "web-bot-auth";

/// The most bytes of the field.
const MAX_FIELD_BYTES: usize = 4 * 1024;
/// The most bytes of one server's name.
const MAX_NAME_BYTES: usize = 1024;

/// Where a signature says its key is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureAgent(Box<str>);

impl SignatureAgent {
    /// Reads what the signature says. None when it is not of this profile: it has another tag or
    /// none, or there is no `Signature-Agent` and its `keyid` has to be known otherwise. Refused
    /// are more than one line, anything but one string, a member that is not the directory of a
    /// server (`type` other than `directory`), and a signature that covers none of it, or several.
    pub fn find(headers: &HeaderMap, signature: &Presented) -> Result<Option<Self>, Denial> {
        let mut lines = headers.get_all(SIGNATURE_AGENT).iter();
        let (Some(TAG), Some(line)) = (signature.tag(), lines.next()) else { return Ok(None) };
        if lines.next().is_some() || line.len() > MAX_FIELD_BYTES {
            return Err(Denial::CredentialMalformed("Signature-Agent is too long or there twice"));
        }
        let named = if signature.covers(SIGNATURE_AGENT.as_str()) {
            whole(line.as_bytes())?
        } else {
            let field = SIGNATURE_AGENT;
            let mut members = signature.covered_members(&field);
            match (members.next(), members.next()) {
                (Some(member), None) => one(line.as_bytes(), member)?,
                (None, _) => {
                    return Err(Denial::SignatureCoverage { missing: SIGNATURE_AGENT_NAME });
                }
                (Some(_), Some(_)) => {
                    let several = "the signature covers several members of Signature-Agent";
                    return Err(Denial::CredentialConflict(several));
                }
            }
        };
        Ok(Some(named))
    }

    /// The server's name as it was sent: an `https` URL, if it is any good.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(item: &Item) -> Result<Self, Denial> {
        let kind = item.params.get("type").map(BareItem::as_token);
        let is_directory = match kind {
            None => true,
            Some(token) => token.is_some_and(|token| token.as_str() == "directory"),
        };
        match item.bare_item.as_string().map(StringRef::as_str) {
            Some(name) if is_directory && name.len() <= MAX_NAME_BYTES => Ok(Self(name.into())),
            Some(_) => Err(Denial::CredentialUnknown),
            None => Err(unreadable()),
        }
    }
}

/// Whether the signature covers the least that the profile asks for: for which host it is. More,
/// [`Presented::check_coverage`], makes it a proof of this very request.
pub fn check_least(signature: &Presented, request: &Request<'_>) -> Result<(), Denial> {
    if signature.covers("@authority") || signature.covers("@target-uri") {
        return Ok(());
    }
    signature.check_coverage(request, false)
}

const SIGNATURE_AGENT_NAME: &str = "signature-agent";

fn unreadable() -> Denial {
    Denial::CredentialMalformed("Signature-Agent names no server")
}

/// The earlier form: the field is one string. The present one, covered whole, has one member.
fn whole(field: &[u8]) -> Result<SignatureAgent, Denial> {
    if let Ok(item) = Parser::new(field).parse::<Item>() {
        return SignatureAgent::read(&item);
    }
    let members: Dictionary = Parser::new(field).parse().map_err(|_| unreadable())?;
    match (members.values().next(), members.len()) {
        (Some(ListEntry::Item(item)), 1) => SignatureAgent::read(item),
        _ => Err(unreadable()),
    }
}

fn one(field: &[u8], member: &str) -> Result<SignatureAgent, Denial> {
    let members: Dictionary = Parser::new(field).parse().map_err(|_| unreadable())?;
    match members.get(member) {
        Some(ListEntry::Item(item)) => SignatureAgent::read(item),
        _ => Err(unreadable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: &str, covered: &str, agent: Option<&str>, expected: Result<Option<&str>, &str>) {
        let mut headers = HeaderMap::new();
        let input = format!("sig=({covered});keyid=\"k\"{tag}");
        headers.insert("signature-input", input.parse().unwrap());
        headers.insert("signature", "sig=:AA==:".parse().unwrap());
        if let Some(agent) = agent {
            headers.insert(SIGNATURE_AGENT, agent.parse().unwrap());
        }
        let signature = Presented::find(&headers).unwrap().unwrap();
        let found = SignatureAgent::find(&headers, &signature);
        let found = found.as_ref().map(|found| found.as_ref().map(SignatureAgent::as_str));
        assert_eq!(found.map_err(Denial::code), expected, "{input} {agent:?}");
    }

    #[test]
    fn the_server_is_the_one_that_the_signature_covers() {
        const BOT: &str = ";tag=\"web-bot-auth\"";
        const WHOLE: &str = "\"@authority\" \"signature-agent\"";
        const MEMBER: &str = "\"@authority\" \"signature-agent\";key=\"a\"";
        const URL: &str = "https://agent.example";
        check(BOT, WHOLE, Some("\"https://agent.example\""), Ok(Some(URL)));
        check(BOT, MEMBER, Some("a=\"https://agent.example\""), Ok(Some(URL)));
        let directory = "b=\"https://b.example\", a=\"https://agent.example\";type=directory";
        check(BOT, MEMBER, Some(directory), Ok(Some(URL)));
        check(BOT, WHOLE, Some("a=\"https://agent.example\""), Ok(Some(URL)));
        check("", WHOLE, Some("\"https://agent.example\""), Ok(None));
        check(";tag=\"other\"", WHOLE, Some("\"https://agent.example\""), Ok(None));
        check(BOT, "\"@authority\"", None, Ok(None));
        let uncovered = Err("signature_coverage");
        check(BOT, "\"@authority\"", Some("\"https://agent.example\""), uncovered);
        check(BOT, MEMBER, Some("b=\"https://agent.example\""), Err("credential_malformed"));
        check(BOT, WHOLE, Some("https"), Err("credential_malformed"));
        check(BOT, WHOLE, Some("a=\"https://a.example\", b=\"x\""), Err("credential_malformed"));
        let another = "a=\"https://agent.example/jwks\";type=jwks_uri";
        check(BOT, MEMBER, Some(another), Err("credential_unknown"));
        let both = format!("{MEMBER} \"signature-agent\";key=\"b\"");
        let members = "a=\"https://agent.example\", b=\"https://b.example\"";
        check(BOT, &both, Some(members), Err("credential_conflict"));
    }
}
