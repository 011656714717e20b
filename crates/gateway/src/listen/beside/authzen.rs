//! `OpenID` `AuthZEN`, Authorization API 1.0: may this agent do this? Asked by a point that
//! enforces by itself, about a request that is only described.
//!
//! | `AuthZEN` | here |
//! |---|---|
//! | `subject` | `type` is `agent`, `id` the agent's id |
//! | `action.name` | the method |
//! | `resource` | `type` is an API's name, `id` path and query as that API knows them |
//! | `resource.properties.body` | the body, as JSON |
//! | `context.address`, `context.proof` | where the agent calls from, and how it proved itself |

use std::net::{IpAddr, Ipv4Addr};

use bailiwick_domain::credential::Strength;
use bailiwick_domain::id::AgentId;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::inquiry::Counter;
use super::reply::Reply;
use crate::core::Gate;
use crate::described::{Described, Verdict, decide};

/// The most that one request may ask.
const MOST: usize = 100;
/// The longest request id that is told back.
const MOST_ID: usize = 128;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is asked there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Where the others are (section 9).
    Configuration,
    /// One evaluation (section 6).
    One,
    /// Several (section 7).
    Several,
}

impl Door {
    /// The door at a path.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/.well-known/authzen-configuration" => Some(Self::Configuration),
            "/access/v1/evaluation" => Some(Self::One),
            "/access/v1/evaluations" => Some(Self::Several),
            _ => None,
        }
    }
}

/// One evaluation; where several are asked for, what is not said of one is as it is said of all.
#[derive(Debug, Default, Clone, Deserialize)]
struct Evaluation {
    subject: Option<Entity>,
    resource: Option<Entity>,
    action: Option<Action>,
    context: Option<Context>,
}

#[derive(Debug, Clone, Deserialize)]
struct Entity {
    r#type: String,
    id: String,
    #[serde(default)]
    properties: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct Action {
    name: String,
}

#[derive(Debug, Default, Clone, Deserialize)]
struct Context {
    address: Option<IpAddr>,
    proof: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Evaluations {
    #[serde(flatten)]
    of_all: Evaluation,
    #[serde(default, rename = "evaluations")]
    each: Vec<Evaluation>,
    #[serde(default)]
    options: Options,
}

#[derive(Debug, Default, Deserialize)]
struct Options {
    #[serde(default)]
    evaluations_semantic: Semantic,
}

/// Section 7.1.2.1.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Semantic {
    #[default]
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

/// Why a question is none.
type Malformed = &'static str;

/// The answer to who asks there.
pub(super) async fn answer(
    request: Request<Incoming>,
    door: Door,
    counter: &Counter<'_>,
) -> Response<Reply> {
    let (parts, body) = request.into_parts();
    let wanted = if door == Door::Configuration { Method::GET } else { Method::POST };
    let answered = if parts.method != wanted {
        Err((StatusCode::METHOD_NOT_ALLOWED, "the method is another"))
    } else if door == Door::Configuration {
        Ok(configuration(&parts))
    } else {
        let asked = read(&parts, body, counter).await;
        match asked.and_then(|body| parse(&body, door)) {
            Ok(asked) => Ok(evaluate(asked, counter).await),
            Err(malformed) => Err((StatusCode::BAD_REQUEST, malformed)),
        }
    };
    let (status, document) = match answered {
        Ok(document) => (StatusCode::OK, document),
        Err((status, error)) => (status, json!({ "error": error })),
    };
    let mut response = Response::new(Reply::whole(Bytes::from(document.to_string())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let id = parts.headers.get(REQUEST_ID).filter(|id| id.len() <= MOST_ID);
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id.clone());
    }
    response
}

fn configuration(parts: &Parts) -> Value {
    let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(http::uri::Authority::as_str).or(named);
    let base = format!("http://{}", host.unwrap_or_default());
    json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": format!("{base}/access/v1/evaluation"),
        "access_evaluations_endpoint": format!("{base}/access/v1/evaluations"),
    })
}

async fn read(parts: &Parts, body: Incoming, counter: &Counter<'_>) -> Result<Bytes, Malformed> {
    let declared = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Err("the body has to be application/json");
    }
    counter.gather(body).await.map_err(|_| "the body broke off, or is too large")
}

/// What is asked, and how far it is answered: one question, where nothing is said of that.
struct Questions {
    listed: Vec<Question>,
    semantic: Option<Semantic>,
}

fn parse(body: &[u8], door: Door) -> Result<Questions, Malformed> {
    let unreadable = |_| "not a request of the Authorization API";
    if door == Door::One {
        let one: Evaluation = serde_json::from_slice(body).map_err(unreadable)?;
        return Questions::one(one);
    }
    let Evaluations { of_all, each, options } = serde_json::from_slice(body).map_err(unreadable)?;
    if each.len() > MOST {
        return Err("more than 100 evaluations");
    }
    if each.is_empty() {
        return Questions::one(of_all);
    }
    let whole = |one: Evaluation| {
        let all = of_all.clone();
        Question::of(Evaluation {
            subject: one.subject.or(all.subject),
            resource: one.resource.or(all.resource),
            action: one.action.or(all.action),
            context: one.context.or(all.context),
        })
    };
    let listed: Result<_, _> = each.into_iter().map(whole).collect();
    Ok(Questions { listed: listed?, semantic: Some(options.evaluations_semantic) })
}

impl Questions {
    fn one(asked: Evaluation) -> Result<Self, Malformed> {
        Ok(Self { listed: vec![Question::of(asked)?], semantic: None })
    }
}

/// One question with nothing missing.
struct Question {
    subject: Entity,
    resource: Entity,
    action: Action,
    context: Context,
    proof: Option<Strength>,
}

impl Question {
    fn of(asked: Evaluation) -> Result<Self, Malformed> {
        let context = asked.context.unwrap_or_default();
        let proof = context.proof.as_deref().map(str::parse::<Strength>).transpose();
        Ok(Self {
            subject: asked.subject.ok_or("no subject")?,
            resource: asked.resource.ok_or("no resource")?,
            action: asked.action.ok_or("no action")?,
            proof: proof.map_err(|_| "context.proof is no strength of a proof")?,
            context,
        })
    }

    /// What it describes; nothing where no such thing can be here.
    fn describe(&self) -> Option<Described<'_>> {
        if self.subject.r#type != "agent" {
            return None;
        }
        let body = self.resource.properties.get("body").map(|body| Bytes::from(body.to_string()));
        Some(Described {
            agent: self.subject.id.parse::<AgentId>().ok()?,
            api: &self.resource.r#type,
            method: Method::from_bytes(self.action.name.as_bytes()).ok()?,
            path: &self.resource.id,
            body,
            address: self.context.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            proof: self.proof,
        })
    }
}

async fn evaluate(asked: Questions, counter: &Counter<'_>) -> Value {
    let world = counter.core.world.load_full();
    let gate = Gate { world: &world, core: counter.core };
    let mut evaluations = Vec::with_capacity(asked.listed.len());
    for question in &asked.listed {
        let (permitted, evaluation) = decision(question, &gate).await;
        let ends = match asked.semantic {
            None => return evaluation,
            Some(Semantic::ExecuteAll) => false,
            Some(Semantic::DenyOnFirstDeny) => !permitted,
            Some(Semantic::PermitOnFirstPermit) => permitted,
        };
        evaluations.push(evaluation);
        if ends {
            break;
        }
    }
    json!({ "evaluations": evaluations })
}

/// What only a request itself can be held against.
const UNCHECKED: [&str; 4] = ["credential", "proof", "nonce", "limits"];

async fn decision(question: &Question, gate: &Gate<'_>) -> (bool, Value) {
    let refused = |code: &str, reason: &str| {
        let context = json!({ "code": code, "reason": reason, "unchecked": UNCHECKED });
        (false, json!({ "decision": false, "context": context }))
    };
    let Some(described) = question.describe() else {
        return refused("operation_unknown", "no such subject, action or resource is known here");
    };
    match decide(described, gate).await {
        Ok(Verdict::Permitted) => {
            let context = json!({ "unchecked": UNCHECKED });
            (true, json!({ "decision": true, "context": context }))
        }
        Ok(Verdict::NeedsApproval(_)) => {
            refused("approval_pending", "people decide about each such request first")
        }
        Err(denial) => refused(denial.code(), denial.detail().unwrap_or(denial.title())),
    }
}
