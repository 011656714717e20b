//! Asking a person at their provider who is not at a browser of ours (`OpenID` CIBA Core 1.0, in
//! poll mode).

use bailiwick_proof::json;
use serde_json::{Map, Value};

use crate::client::{Ask, authorized};
use crate::form;
use crate::jwks::text;
use crate::providers::{ClientName, Provider, Providers, Redeemed};
use crate::unfetched::Unfetched;

const GRANT: &str = "urn:openid:params:grant-type:ciba";
const FORM: &str = "application/x-www-form-urlencoded";
/// The longest name that a provider may give a question, in bytes.
const MAX_NAME: usize = 2_048;
/// How long to wait between two looks where the provider does not say, and at most, in seconds.
const INTERVAL: u32 = 5;
const LONGEST_INTERVAL: u32 = 60;

/// What a person is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What is asked for beside `openid`: what the answer is to say of them.
    pub scopes: &'a [String],
    /// Who: what the provider knows them by.
    pub login_hint: &'a str,
    /// What they read on their device; and shorter, for providers that take no such text.
    pub binding_messages: [&'a str; 2],
    /// For how long they may answer, in seconds.
    pub requested_expiry: u32,
}

/// A question that the provider has taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Taken {
    /// `auth_req_id`, by which the answer is asked for.
    pub name: String,
    /// How long to wait between two looks, in seconds.
    pub interval_seconds: u32,
}

/// What has become of a question.
#[derive(Clone)]
pub enum Reply {
    /// The person has not answered.
    Pending,
    /// Likewise, and it was asked for too often.
    Sooner,
    /// The person said no.
    Refused,
    /// There will be no answer; the error is the provider's.
    Over(String),
    /// The person said yes, and this says who they are.
    Agreed(Redeemed),
}

impl Providers {
    /// Asks a person (section 7.1).
    pub async fn ask(
        &self,
        provider: &Provider,
        name: ClientName<'_>,
        question: Question<'_>,
    ) -> Result<Taken, Unfetched> {
        let endpoint = provider.backchannel_endpoint.as_ref();
        let endpoint = endpoint.ok_or(Unfetched::Malformed("it asks nobody in the background"))?;
        let expiry = question.requested_expiry.to_string();
        let scopes = question.scopes.iter().map(String::as_str);
        let scope = std::iter::once("openid").chain(scopes).collect::<Vec<_>>().join(" ");
        for binding_message in question.binding_messages {
            let mut pairs = vec![
                ("scope", scope.as_str()),
                ("login_hint", question.login_hint),
                ("binding_message", binding_message),
                ("requested_expiry", &expiry),
            ];
            let fields = authorized(provider.introduce(name, &mut pairs)?);
            let ask = Ask::new(endpoint, &["application/json"]);
            let sent = (FORM, form::encode(pairs).into_bytes());
            let (status, body) = self.client.send(ask, sent, fields).await?;
            match status {
                200 => return taken(&members(&body)?),
                400 if takes_no_such_message(&body) => {}
                status => return Err(Unfetched::Status(status)),
            }
        }
        Err(Unfetched::Malformed("it takes no binding_message of ours"))
    }

    /// What has become of a question (sections 10.1 and 11).
    pub async fn reply(
        &self,
        provider: &Provider,
        name: ClientName<'_>,
        question: &str,
    ) -> Result<Reply, Unfetched> {
        let mut pairs = vec![("grant_type", GRANT), ("auth_req_id", question)];
        let fields = authorized(provider.introduce(name, &mut pairs)?);
        let ask = Ask::new(&provider.token_endpoint, &["application/json"]);
        let sent = (FORM, form::encode(pairs).into_bytes());
        let (status, body) = self.client.send(ask, sent, fields).await?;
        read(status, &body)
    }
}

/// Section 13.
fn takes_no_such_message(body: &[u8]) -> bool {
    members(body).is_ok_and(|it| text(&it, "error") == Some("invalid_binding_message"))
}

fn members(body: &[u8]) -> Result<Map<String, Value>, Unfetched> {
    json::object(body).ok_or(Unfetched::Malformed("not a JSON object"))
}

fn taken(members: &Map<String, Value>) -> Result<Taken, Unfetched> {
    let name = text(members, "auth_req_id").filter(|it| (1..=MAX_NAME).contains(&it.len()));
    let name = name.ok_or(Unfetched::Malformed("it has no auth_req_id"))?.to_owned();
    let interval = members.get("interval").and_then(Value::as_u64);
    let interval = interval.and_then(|it| u32::try_from(it).ok()).unwrap_or(INTERVAL);
    Ok(Taken { name, interval_seconds: interval.clamp(1, LONGEST_INTERVAL) })
}

/// Only what the standard calls an answer is one.
fn read(status: u16, body: &[u8]) -> Result<Reply, Unfetched> {
    if status == 200 {
        return Redeemed::read(body).map(Reply::Agreed);
    }
    if status != 400 {
        return Err(Unfetched::Status(status));
    }
    Ok(match text(&members(body)?, "error").ok_or(Unfetched::Status(status))? {
        "authorization_pending" => Reply::Pending,
        "slow_down" => Reply::Sooner,
        "access_denied" => Reply::Refused,
        other => Reply::Over(other.chars().filter(char::is_ascii_graphic).take(64).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(status: u16, body: &Value, expected: &str) {
        let found = match read(status, body.to_string().as_bytes()) {
            Ok(Reply::Pending) => "pending".to_owned(),
            Ok(Reply::Sooner) => "sooner".to_owned(),
            Ok(Reply::Refused) => "refused".to_owned(),
            Ok(Reply::Over(why)) => format!("over {why}"),
            Ok(Reply::Agreed(redeemed)) => format!("agreed {}", redeemed.id_token),
            Err(_) => "error".to_owned(),
        };
        assert_eq!(found, expected, "{status} {body}");
    }

    #[test]
    fn nobody_has_agreed_but_by_an_id_token() {
        check(200, &json!({ "id_token": "a.b.c", "access_token": "t" }), "agreed a.b.c");
        check(200, &json!({ "access_token": "t" }), "error");
        check(200, &json!("a.b.c"), "error");
        check(201, &json!({ "id_token": "a.b.c" }), "error");
        check(400, &json!({ "id_token": "a.b.c" }), "error");
        check(400, &json!({ "error": "authorization_pending" }), "pending");
        check(400, &json!({ "error": "slow_down" }), "sooner");
        check(400, &json!({ "error": "access_denied" }), "refused");
        check(400, &json!({ "error": "expired_token" }), "over expired_token");
        check(500, &json!({ "error": "access_denied" }), "error");
    }

    #[test]
    fn a_question_has_a_name_and_is_not_asked_for_all_the_time() {
        let taken = |members: Value| taken(members.as_object().unwrap());
        let interval = |interval: Value| {
            taken(json!({ "auth_req_id": "x", "interval": interval })).unwrap().interval_seconds
        };
        assert_eq!([json!(null), json!(0), json!(7), json!(9_999)].map(interval), [5, 1, 7, 60]);
        assert!(taken(json!({ "interval": 5 })).is_err());
        assert!(taken(json!({ "auth_req_id": "x".repeat(2_049) })).is_err());
    }
}
