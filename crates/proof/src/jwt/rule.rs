//! Which workload of an issuer an agent is: a rule over the claims of its token.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::pointer::Pointer;
use super::workload::WorkloadToken;
use crate::{base64url, json as strict};

/// The most claims that a rule names.
const MAX_CLAIMS: usize = 16;
/// The longest issuer and value, in bytes.
const MAX_TEXT: usize = 1_024;
/// The longest rule read, in bytes.
const MAX_BYTES: usize = 32 * 1024;
/// Claims that say nothing about who calls: every token of the issuer that comes here has them.
const SAYING_NOTHING: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// An issuer, and what its tokens have to claim for their holder to be the agent. Two rules are
/// equal exactly when their texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    issuer: String,
    claims: BTreeMap<String, Claim>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    at: Pointer,
    value: String,
}

/// Why a rule is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARule {
    /// It is not written as it should be.
    #[error("a rule is an object of issuer, a text, and claims, an object of texts, and no more")]
    Malformed,
    /// Its issuer is empty or too long.
    #[error("the issuer of a rule has 1 to 1024 bytes")]
    Issuer,
    /// It names no claim, or more than 16.
    #[error("a rule names 1 to 16 claims")]
    Claims,
    /// A claim is not named by a JSON Pointer.
    #[error("a claim is named by a JSON Pointer, such as /sub or /kubernetes.io/namespace")]
    Pointer,
    /// A claim is one that every token of the issuer has.
    #[error("iss, aud, exp, nbf, iat and jti say nothing about which workload it is")]
    Meaningless,
    /// A value is empty or too long.
    #[error("the value of a claim has 1 to 1024 bytes")]
    Value,
}

impl Rule {
    /// A rule: the issuer, compared exactly, and pairs of a JSON Pointer (RFC 6901, through objects
    /// only) and the text that has to be there, compared exactly. At least one claim is named that
    /// tells workloads apart; no claim is named twice.
    pub fn new<'a>(
        issuer: &str,
        claims: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, NotARule> {
        if issuer.is_empty() || issuer.len() > MAX_TEXT {
            return Err(NotARule::Issuer);
        }
        let mut read = BTreeMap::new();
        for (pointer, value) in claims {
            let at = Pointer::parse(pointer).ok_or(NotARule::Pointer)?;
            if at.top().is_some_and(|name| SAYING_NOTHING.contains(&name)) {
                return Err(NotARule::Meaningless);
            }
            if value.is_empty() || value.len() > MAX_TEXT {
                return Err(NotARule::Value);
            }
            let claim = Claim { at, value: value.to_owned() };
            if read.len() >= MAX_CLAIMS || read.insert(pointer.to_owned(), claim).is_some() {
                return Err(NotARule::Claims);
            }
        }
        if read.is_empty() {
            return Err(NotARule::Claims);
        }
        Ok(Self { issuer: issuer.to_owned(), claims: read })
    }

    /// Reads `{"issuer": …, "claims": {"/sub": …}}`, in any order and spacing.
    pub fn parse(text: &str) -> Result<Self, NotARule> {
        if text.len() > MAX_BYTES {
            return Err(NotARule::Malformed);
        }
        let members = strict::object(text.as_bytes()).ok_or(NotARule::Malformed)?;
        let issuer = members.get("issuer").and_then(Value::as_str);
        let claims = members.get("claims").and_then(Value::as_object);
        let (Some(issuer), Some(claims), 2) = (issuer, claims, members.len()) else {
            return Err(NotARule::Malformed);
        };
        let texts = claims.iter().map(|(at, value)| Some((at.as_str(), value.as_str()?)));
        let texts: Option<Vec<_>> = texts.collect();
        Self::new(issuer, texts.ok_or(NotARule::Malformed)?)
    }

    /// The issuer whose tokens it is about.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether it holds only for tokens of this `sub`.
    pub fn is_about(&self, subject: &str) -> bool {
        self.claims.get("/sub").is_some_and(|claim| claim.value == subject)
    }

    /// The one text of the rule: no spaces, members sorted.
    pub fn to_json(&self) -> String {
        let pairs = self.claims.iter().map(|(at, claim)| (at, claim.value.as_str()));
        let claims: BTreeMap<_, _> = pairs.collect();
        format!(r#"{{"claims":{},"issuer":{}}}"#, json!(claims), json!(self.issuer))
    }

    /// What the rule is known by: base64url of the SHA-256 of its text.
    pub fn thumbprint(&self) -> String {
        base64url::encode(digest(&SHA256, self.to_json().as_bytes()).as_ref())
    }

    /// Whether the token is of the rule's issuer and claims all that the rule names.
    pub fn matches(&self, token: &WorkloadToken) -> bool {
        let holds = |claim: &Claim| {
            claim.at.find(token.claims()).and_then(Value::as_str) == Some(claim.value.as_str())
        };
        token.issuer() == self.issuer && self.claims.values().all(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, NotARule>) {
        let read = Rule::parse(text);
        assert_eq!(read.as_ref().map(Rule::to_json).as_deref().map_err(|it| **it), expected);
        if let Ok(rule) = read {
            assert_eq!(Rule::parse(&rule.to_json()), Ok(rule));
        }
    }

    #[test]
    fn a_rule_has_one_text() {
        let canonical = r#"{"claims":{"/a":"1","/sub":"x \"y\""},"issuer":"https://i.example"}"#;
        check(canonical, Ok(canonical));
        check(
            r#" {"issuer" : "https:\/\/i.example", "claims": {"/sub":"x \u0022y\"", "/a":"1"}}"#,
            Ok(canonical),
        );
        let rule = Rule::parse(canonical).unwrap();
        let again = Rule::new("https://i.example", [("/sub", "x \"y\""), ("/a", "1")]).unwrap();
        assert_eq!(rule.thumbprint(), again.thumbprint());
        let other = Rule::new("https://i.example", [("/sub", "x \"y\"")]).unwrap();
        assert_ne!(rule.thumbprint(), other.thumbprint());
    }

    #[test]
    fn a_rule_that_would_say_too_little_is_refused() {
        let claims = |claims: &str| format!(r#"{{"issuer":"i","claims":{claims}}}"#);
        for text in ["", "{}", r#"{"issuer":"i"}"#, r#"{"claims":{"/sub":"a"}}"#, "[]"] {
            check(text, Err(NotARule::Malformed));
        }
        check(r#"{"issuer":"i","claims":{"/sub":"a"},"more":1}"#, Err(NotARule::Malformed));
        check(r#"{"issuer":"","claims":{"/sub":"a"}}"#, Err(NotARule::Issuer));
        check(&claims("{}"), Err(NotARule::Claims));
        check(&claims(r#"{"/sub":1}"#), Err(NotARule::Malformed));
        check(&claims(r#"{"/sub":["a"]}"#), Err(NotARule::Malformed));
        check(&claims(r#"{"/sub":"a","/sub":"b"}"#), Err(NotARule::Malformed));
        check(&claims(r#"{"/sub":""}"#), Err(NotARule::Value));
        check(&claims(r#"{"sub":"a"}"#), Err(NotARule::Pointer));
        check(&claims(r#"{"/a~2":"a"}"#), Err(NotARule::Pointer));
        check(&claims(r#"{"/aud":"a"}"#), Err(NotARule::Meaningless));
        check(&claims(r#"{"/sub":"a","/iss":"i"}"#), Err(NotARule::Meaningless));
        let long = "a".repeat(1_025);
        check(&claims(&format!(r#"{{"/sub":"{long}"}}"#)), Err(NotARule::Value));
        let many = (0..17).map(|it| format!(r#""/{it}":"a""#)).collect::<Vec<_>>().join(",");
        check(&claims(&format!("{{{many}}}")), Err(NotARule::Claims));
    }
}
