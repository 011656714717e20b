//! What a request to an endpoint of the protocol asks for.

use std::sync::Arc;

use bailiwick_contract::catalog::List;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::mcp::{METHODS, PROMPTS_GET, RESOURCES_READ, TOOLS_CALL};
use bailiwick_domain::operation::Operation;
use bytes::Bytes;
use http::header::ORIGIN;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::agreement::{self, CAPABILITIES, Disagreement, named_by};
use super::heard::{Call, Eliciting, Heard, Wrong};
use super::housekeeping::{COMPLETE, END, House, LISTEN, RESPONSE, STREAM, SUBSCRIBE, UNSUBSCRIBE};
use super::refusal::{
    HEADER_MISMATCH, INVALID_PARAMS, METHOD_NOT_FOUND, UNSUPPORTED_PROTOCOL_VERSION, unknown,
};
use super::revision::{Revision, STATELESS};
use super::session::{SESSION_ID, Session};
use super::{elicitation, mirrored, tasks, traced};
use crate::asked::Asked;
use crate::core::Gate;
use crate::routes::Routed;
use crate::speak::content::Content;
use crate::speak::message::{Calling, Message, Unreadable};
use crate::speak::plain;
use crate::speak::verbatim;

/// What the revisions without sessions have no more.
const REMOVED: [&str; 5] = ["initialize", "ping", "logging/setLevel", SUBSCRIBE, UNSUBSCRIBE];
/// What is answered with what a model is to do.
const INSTRUCTS: [&str; 2] = ["initialize", "server/discover"];
/// The most resources that one request asks to hear of.
const MOST_SUBSCRIBED: usize = 64;

/// A denial, and what the protocol calls it.
type Refused = (Denial, Option<Wrong>);

/// Names what is asked for. Of a request that is refused it is noted what could be read, so that
/// it is answered in the protocol's own words.
pub async fn name(
    asked: &Asked,
    routed: &Routed,
    gate: &Gate<'_>,
) -> (Result<Arc<Operation>, Denial>, Heard) {
    let mut heard = Heard::default();
    let named = match listen(asked, routed, gate, &mut heard).await {
        Ok((operation, call)) => {
            heard.call = Some(call);
            Ok(operation)
        }
        Err((denial, wrong)) => {
            heard.wrong = wrong;
            Err(denial)
        }
    };
    (named, heard)
}

async fn listen(
    asked: &Asked,
    routed: &Routed,
    gate: &Gate<'_>,
    heard: &mut Heard,
) -> Result<(Arc<Operation>, Call), Refused> {
    if routed.strip(asked.target.path()) != Some("/") {
        return Err((Denial::OperationUnknown, None));
    }
    if asked.target.query().is_some() {
        return Err((Denial::RequestMalformed("an MCP endpoint takes no query"), None));
    }
    check_origin(asked.headers(), routed)?;
    let house = routed.house.as_deref().ok_or((Denial::OperationUnknown, None))?;
    let endpoint = Endpoint { asked, routed, house, gate };
    match asked.parts.method {
        Method::POST => endpoint.hear(heard).await,
        Method::GET => endpoint.without_message(STREAM),
        Method::DELETE => endpoint.without_message(END),
        _ => Err(with_status(Denial::OperationUnknown, StatusCode::METHOD_NOT_ALLOWED)),
    }
}

fn with_status(denial: Denial, status: StatusCode) -> Refused {
    let wrong = Wrong { code: METHOD_NOT_FOUND, status: Some(status), data: Vec::new() };
    (denial, Some(wrong))
}

fn malformed(code: i64, reason: &'static str) -> Refused {
    (Denial::RequestMalformed(reason), Some(Wrong { code, status: None, data: Vec::new() }))
}

/// A page in a browser may only be one of the API's own (MCP 2025-11-25, Streamable HTTP, Security
/// Warning: DNS rebinding).
fn check_origin(headers: &HeaderMap, routed: &Routed) -> Result<(), Refused> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let own = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| is_own(origin, routed)),
        (Some(_), Some(_)) => false,
    };
    if own {
        return Ok(());
    }
    let denial = Denial::RequestMalformed("the Origin is not one that the API is at");
    let wrong = Wrong { code: -32600, status: Some(StatusCode::FORBIDDEN), data: Vec::new() };
    Err((denial, Some(wrong)))
}

fn is_own(origin: &str, routed: &Routed) -> bool {
    let resource = &routed.api.resource;
    let rest = resource.strip_prefix(origin);
    if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return origin.contains("://");
    }
    let authority = origin.split_once("://").map(|(_, authority)| authority.to_ascii_lowercase());
    authority.is_some_and(|authority| {
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => host,
            _ => &authority,
        };
        routed.api.hosts.iter().any(|known| known == host)
    })
}

/// One request at the endpoint.
#[derive(Clone, Copy)]
struct Endpoint<'a> {
    asked: &'a Asked,
    routed: &'a Routed,
    house: &'a House,
    gate: &'a Gate<'a>,
}

impl Endpoint<'_> {
    /// Listens to the server, or ends a session.
    fn without_message(self, name: &str) -> Result<(Arc<Operation>, Call), Refused> {
        let revision = agreement::named_revision(self.asked.headers()).map_err(disagreed)?;
        let mut call = Call::new(revision);
        call.session = self.session(revision)?;
        call.tells = name == STREAM;
        let operation = self.house.other(name).ok_or((Denial::Unavailable, None))?;
        Ok((Arc::clone(operation), call))
    }

    async fn hear(self, heard: &mut Heard) -> Result<(Arc<Operation>, Call), Refused> {
        check_content(self.asked.headers())?;
        let patience = self.gate.core.settings.bounds.idle;
        let body = self.asked.payload.hold(patience).await.map_err(|denial| (denial, None))?;
        let message = Message::read(&body).map_err(|unreadable| {
            let Unreadable { id, error, reason } = unreadable;
            heard.id = id;
            malformed(error.code(), reason)
        })?;
        heard.id = message.id().cloned();
        if let Some(calling) = message.calling() {
            traced::hear(self.asked, calling);
        }
        let revision = agreement::check(self.asked.headers(), &message).map_err(disagreed)?;
        let mut call = Call::new(revision);
        call.session = self.session(revision)?;
        let house = self.house;
        let operation = match &message {
            Message::Request { id, call: calling } => {
                self.request((id, calling), &body, &mut call)?
            }
            Message::Notification(calling) => known(house.notification(&calling.method))?,
            Message::Response => known(house.other(RESPONSE))?,
        };
        self.adapt(&message, &body, &mut call);
        Ok((operation, call))
    }

    /// A server that is to see the caller's signature gets the bytes that were signed.
    fn adapt(self, message: &Message, body: &Bytes, call: &mut Call) {
        let Some(calling) = message.calling().filter(|_| !self.routed.api.pass_signature) else {
            return;
        };
        let text = call.rewritten.as_ref().unwrap_or(body);
        let of_no_task = tasks::rewrite(text, calling);
        let text = of_no_task.as_ref().unwrap_or(text);
        if let Some(rewritten) = traced::rewrite(text, calling, self.asked).or(of_no_task) {
            call.rewritten = Some(rewritten);
        }
    }

    /// The session that a client names, if it names one; it has to be one that was begun here. The
    /// revisions without sessions do not look at it.
    fn session(self, revision: Revision) -> Result<Option<(String, Session)>, Refused> {
        if revision.is_stateless() || self.routed.api.mode.observes() {
            return Ok(None);
        }
        let mut values = self.asked.headers().get_all(SESSION_ID).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(value), None) => value.to_str().ok(),
            (Some(_), Some(_)) => None,
        };
        let (api, sealer) = (&self.routed.api.name, &self.gate.core.sealer);
        let session =
            value.and_then(|sealed| Some((sealed.to_owned(), Session::open(sealed, api, sealer)?)));
        // As somebody else's session is answered: which of them it is, is nobody's business.
        session.map(Some).ok_or((Denial::AgentMismatch, None))
    }

    fn request(
        self,
        (id, calling): (&Value, &Calling),
        body: &Bytes,
        call: &mut Call,
    ) -> Result<Arc<Operation>, Refused> {
        call.eliciting = eliciting(call, calling);
        let method = calling.method.as_str();
        if METHODS.contains(&method) {
            return self.content((id, calling), body, call);
        }
        if calling.text("requestState").is_some_and(elicitation::is_own) {
            return Err(malformed(INVALID_PARAMS, "`requestState` was not made for this call"));
        }
        let removed = call.revision.is_stateless() && REMOVED.contains(&method);
        let found = self.house.request(method).filter(|_| !removed);
        let Some(operation) = found else {
            // In a session 404 would end that.
            let stateless = call.revision.is_stateless();
            let status = if stateless { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
            return Err(with_status(Denial::OperationUnknown, status));
        };
        call.list = List::of(method);
        call.tells = call.list.is_some() || INSTRUCTS.contains(&method);
        call.begins_eliciting = method == "initialize"
            && calling.text("protocolVersion") == Some(Revision::V2025_11_25.as_str())
            && shows_pages(calling.params.get("capabilities"));
        call.also = self.also(calling)?;
        Ok(Arc::clone(operation))
    }

    /// A tool, a resource or a prompt.
    fn content(
        self,
        (id, calling): (&Value, &Calling),
        body: &Bytes,
        call: &mut Call,
    ) -> Result<Arc<Operation>, Refused> {
        let method = calling.method.as_str();
        let Some(name) = calling.text(named_by(method)) else {
            return Err(malformed(INVALID_PARAMS, "the message names nothing to be called"));
        };
        let operation = self.routed.names.find(method, name);
        let operation =
            operation.ok_or_else(|| (Denial::OperationUnknown, Some(unknown(method, name))))?;
        let arguments = calling.params.get("arguments").cloned().unwrap_or_else(|| json!({}));
        if method == TOOLS_CALL && call.revision.is_stateless() {
            let bound = self.routed.service.bound(operation);
            let mirrored = bound.map(|bound| bound.contract.mirrored()).unwrap_or_default();
            mirrored::check(mirrored, self.asked.headers(), &arguments)
                .map_err(|reason| disagreed(Disagreement::Mismatch(reason)))?;
        }
        let body = std::str::from_utf8(body).unwrap_or_default();
        let params = verbatim::member(body, "params").unwrap_or("{}");
        let text = verbatim::member(params, "arguments").map_or("{}".into(), verbatim::squeeze);
        let content = Content::new(name.to_owned(), (arguments, text), id);
        if let Some(state) = calling.text("requestState").filter(|it| elicitation::is_own(it)) {
            let bound = content.bound(method);
            let of = (&*self.routed.api.name, &*bound);
            let approval = elicitation::open(state, of, &self.gate.core.sealer);
            let changed = || malformed(INVALID_PARAMS, "`requestState` was not made for this call");
            call.approval = Some(approval.ok_or_else(changed)?);
            call.rewritten = Some(without_our_own(body, params));
        }
        call.content = Some(content);
        Ok(Arc::clone(operation))
    }

    /// What else has to be allowed: to complete what one may not call, or to hear of what one may
    /// not read, would tell of it.
    fn also(self, calling: &Calling) -> Result<Vec<Arc<Operation>>, Refused> {
        let named: Vec<(&str, &str)> = match calling.method.as_str() {
            COMPLETE => vec![completed(calling)?],
            SUBSCRIBE | UNSUBSCRIBE => {
                let uri = calling.text("uri");
                vec![(RESOURCES_READ, uri.ok_or_else(|| nothing_named("`uri` is missing"))?)]
            }
            LISTEN => subscribed(calling)?,
            _ => Vec::new(),
        };
        let find = |(method, name)| {
            let found = self.routed.names.find(method, name).or_else(|| {
                let written = |it: &&Arc<Operation>| it.method == method && it.template == name;
                self.routed.service.operations().iter().find(written)
            });
            let unknown = || (Denial::OperationUnknown, Some(unknown(method, name)));
            found.cloned().ok_or_else(unknown)
        };
        named.into_iter().map(find).collect()
    }
}

fn known(operation: Option<&Arc<Operation>>) -> Result<Arc<Operation>, Refused> {
    let nobodys = || with_status(Denial::OperationUnknown, StatusCode::FORBIDDEN);
    operation.cloned().ok_or_else(nobodys)
}

fn nothing_named(reason: &'static str) -> Refused {
    malformed(INVALID_PARAMS, reason)
}

/// What an argument is completed of.
fn completed(calling: &Calling) -> Result<(&str, &str), Refused> {
    let reference = calling.params.get("ref");
    let text = |name| reference.and_then(|it| it.get(name)).and_then(Value::as_str);
    let named = match text("type") {
        Some("ref/prompt") => text("name").map(|name| (PROMPTS_GET, name)),
        Some("ref/resource") => text("uri").map(|uri| (RESOURCES_READ, uri)),
        _ => None,
    };
    named.ok_or_else(|| nothing_named("`ref` names no prompt and no resource"))
}

/// The resources that are to be heard of (MCP 2026-07-28, Subscriptions).
fn subscribed(calling: &Calling) -> Result<Vec<(&str, &str)>, Refused> {
    let refused = || nothing_named("`resourceSubscriptions` is not a list of at most 64 URIs");
    let wanted = calling.params.get("notifications").and_then(|it| it.get("resourceSubscriptions"));
    let Some(wanted) = wanted else { return Ok(Vec::new()) };
    let wanted = wanted.as_array().filter(|it| it.len() <= MOST_SUBSCRIBED).ok_or_else(refused)?;
    let uri = |it: &'_ Value| it.as_str().map(|_| ()).ok_or_else(refused);
    wanted.iter().try_for_each(uri)?;
    Ok(wanted.iter().filter_map(Value::as_str).map(|uri| (RESOURCES_READ, uri)).collect())
}

/// The message without what was said to the gateway: its own state, and the answer to what it had
/// asked for.
fn without_our_own(body: &str, params: &str) -> Bytes {
    let mut cleaned = verbatim::retain(params, |name| name != "requestState");
    if let Some(responses) = verbatim::member(params, "inputResponses") {
        let others = verbatim::retain(responses, |name| name != elicitation::INPUT);
        cleaned = match others.as_str() {
            "{}" => verbatim::retain(&cleaned, |name| name != "inputResponses"),
            others => verbatim::replace(&cleaned, "inputResponses", others),
        };
    }
    verbatim::replace(body, "params", &cleaned).into()
}

fn eliciting(call: &Call, calling: &Calling) -> Eliciting {
    let session = call.session.as_ref().map(|(_, session)| session);
    if call.revision.is_stateless() {
        let shows = shows_pages(calling.meta(CAPABILITIES));
        return if shows { Eliciting::ByResult } else { Eliciting::No };
    }
    let by_error = call.revision == Revision::V2025_11_25 && session.is_some_and(Session::elicits);
    if by_error { Eliciting::ByError } else { Eliciting::No }
}

/// Whether a client with these capabilities shows its person a page.
fn shows_pages(capabilities: Option<&Value>) -> bool {
    let url = capabilities.and_then(|it| it.get("elicitation")).and_then(|it| it.get("url"));
    url.is_some_and(Value::is_object)
}

/// One message in JSON, as it is (MCP 2025-11-25, Transports: UTF-8).
fn check_content(headers: &HeaderMap) -> Result<(), Refused> {
    if plain::is_json(headers, &["application/json"]) {
        return Ok(());
    }
    Err(malformed(-32700, "the body is not declared as JSON in UTF-8, sent as it is"))
}

fn disagreed(disagreement: Disagreement) -> Refused {
    let wrong = |code| Some(Wrong { code, status: None, data: Vec::new() });
    match disagreement {
        Disagreement::Mismatch(reason) => {
            (Denial::McpHeaderMismatch(reason), wrong(HEADER_MISMATCH))
        }
        Disagreement::Incomplete(reason) => malformed(INVALID_PARAMS, reason),
        Disagreement::Unsupported { requested } => {
            let denial = Denial::RequestMalformed("the protocol version is not spoken here");
            let status = Some(StatusCode::BAD_REQUEST);
            let data = [("supported", json!(STATELESS)), ("requested", requested.into())];
            (denial, Some(Wrong { code: UNSUPPORTED_PROTOCOL_VERSION, status, data: data.into() }))
        }
    }
}
