//! Sending a request as an agent, each time newly signed.

use std::collections::BTreeSet;

use bailiwick_proof::json;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::{Request, Response, ResponseBuilderExt};
use serde_json::Value;

use crate::agent::Agent;
use crate::carrier::Carrier;
use crate::credential::Credential;
use crate::denial::Denial;
use crate::error::{BoxError, Error};
use crate::link::unreachable;
use crate::outgoing::Outgoing;
use crate::patience::{Attempt, Refused};
use crate::signing::field;
use crate::waiting::Waiting;

/// The largest refusal, in bytes.
const MAX_PROBLEM: u64 = 64 * 1024;
const URN: &str = "urn:bailiwick:denial:";

/// Who sends, in which way, and over what.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) agent: &'a Agent,
    pub(crate) credential: &'a Credential,
    pub(crate) carrier: &'a dyn Carrier,
}

impl Sender<'_> {
    /// Sends it until there is an answer that is no refusal, or one that another try does not help;
    /// follows where the answer leads on the same origin.
    pub(crate) async fn deliver(self, request: Request) -> Result<Response, Error> {
        let mut outgoing = Outgoing::read(request)?;
        for hops in 0.. {
            let answer = self.insist(&mut outgoing).await?;
            match outgoing.follow(&answer, hops)? {
                None => return Ok(answer),
                Some(next) => outgoing = next,
            }
        }
        Err(Error::misused("a request that never ends"))
    }

    async fn insist(self, outgoing: &mut Outgoing) -> Result<Response, Error> {
        let Self { agent, credential, carrier } = self;
        let link = &agent.link;
        let waiting = Waiting::new(link.patience);
        let mut attempt = Attempt { waiting, renewed: BTreeSet::new(), approval: None };
        loop {
            let (mut request, target) = (outgoing.next()?, outgoing.target());
            if let Some(approval) = &attempt.approval {
                request.headers_mut().insert("x-approval-id", field(approval)?);
                request.headers_mut().insert("prefer", HeaderValue::from_static("wait=30"));
            }
            let generation = agent.present().generation;
            if let Err(error) = credential.prove(agent, &target, request.headers_mut()).await {
                // Refused to a key that was changed meanwhile, perhaps by another process.
                if outgoing.is_whole() && agent.has_other(&error, generation).await? {
                    continue;
                }
                return Err(error);
            }
            let sent_at = link.time.clock.now();
            let answer = match carrier.carry(request).await {
                Ok(answer) => answer,
                Err(error) => {
                    let may = outgoing.may_repeat() && !is_final(&error);
                    let wait = may.then(|| attempt.waiting.next(None, &link.entropy)).flatten();
                    let Some(wait) = wait else {
                        return Err(unreachable(&target.origin(), error));
                    };
                    link.time.clock.sleep(wait).await;
                    continue;
                }
            };
            credential.heard(answer.headers());
            let denial = match denied(answer, outgoing.method()).await? {
                Answer::Else(answer) => return Ok(answer),
                Answer::Denied(denial) => denial,
            };
            let outgoing = &*outgoing;
            let target = &target;
            let refused = Refused { agent, credential, outgoing, target, sent_at, generation };
            if !refused.wait_for(&denial, &mut attempt).await? {
                return Err(Error::Denied(denial));
            }
        }
    }
}

/// Whether trying again is no use: it could not be built, or took longer than its caller allows.
fn is_final(error: &BoxError) -> bool {
    let error = error.downcast_ref::<reqwest::Error>();
    error.is_some_and(|it| it.is_builder() || (it.is_timeout() && !it.is_connect()))
}

/// What came back.
enum Answer {
    Denied(Box<Denial>),
    /// Anything that is not a refusal of the gateway's, whole.
    Else(Response),
}

/// The gateway's refusal, if the answer is one. It says how long it is; what is longer, or has no
/// length, is left as it is.
async fn denied(answer: Response, method: &Method) -> Result<Answer, Error> {
    if !may_be_refusal(answer.headers()) || *method == Method::HEAD {
        return Ok(Answer::Else(answer));
    }
    let (status, version, url) = (answer.status(), answer.version(), answer.url().clone());
    let headers = answer.headers().clone();
    let origin = url.origin().ascii_serialization();
    let bytes = answer.bytes().await.map_err(|error| unreachable(&origin, error.into()))?;
    let problem = json::object(&bytes).filter(|problem| {
        let text = |name: &str| problem.get(name).and_then(Value::as_str);
        let kind = text("type").and_then(|kind| kind.strip_prefix(URN));
        kind.is_some() && kind == text("code")
    });
    if let Some(denial) = problem.and_then(|it| Denial::read(&it, status, headers.clone())) {
        return Ok(Answer::Denied(Box::new(denial)));
    }
    let mut again = http::Response::builder().status(status).version(version).url(url);
    if let Some(fields) = again.headers_mut() {
        *fields = headers;
    }
    let again = again.body(bytes).map_err(|error| unreachable(&origin, error.into()))?;
    Ok(Answer::Else(again.into()))
}

fn may_be_refusal(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|it: &HeaderValue| it.to_str().ok());
    let kind = text(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let length = text(CONTENT_LENGTH).and_then(|it| it.parse::<u64>().ok());
    kind.starts_with("application/problem+json") && length.is_some_and(|it| it <= MAX_PROBLEM)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(kind: &str, body: &'static str, expected: Option<&str>) {
        let answer = http::Response::builder().status(403).header(CONTENT_TYPE, kind);
        let answer = answer.header(CONTENT_LENGTH, body.len()).body(body).unwrap();
        match (denied(answer.into(), &Method::GET).await.unwrap(), expected) {
            (Answer::Denied(denial), Some(code)) => assert_eq!(denial.code, code),
            (Answer::Else(answer), None) => {
                assert_eq!(answer.status(), 403);
                assert_eq!(answer.headers()[CONTENT_TYPE], kind);
                assert_eq!(answer.text().await.unwrap(), body);
            }
            _ => panic!("{kind} {body}"),
        }
    }

    #[tokio::test]
    async fn a_refusal_of_the_gateway_is_known_and_what_the_api_answers_is_left_whole() {
        const OURS: &str =
            r#"{"type":"urn:bailiwick:denial:scope_missing","code":"scope_missing"}"#;
        const THEIRS: &str = r#"{"type":"about:blank","code":"no_such_ticket"}"#;
        const MIXED: &str = r#"{"type":"urn:bailiwick:denial:scope_missing","code":"x"}"#;
        check("application/problem+json; charset=utf-8", OURS, Some("scope_missing")).await;
        check("application/json", OURS, None).await;
        check("application/problem+json", THEIRS, None).await;
        check("application/problem+json", MIXED, None).await;
        check("application/problem+json", "<html>", None).await;
    }
}
