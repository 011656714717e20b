//! What a request to an agent behind the gateway asks for.

use std::sync::Arc;

use bailiwick_contract::card::Binding;
use bailiwick_domain::a2a::{
    CREATE_PUSH, DELETE_PUSH, GET_EXTENDED_CARD, GET_PUSH, LIST_PUSH, SEND, SEND_STREAMING,
};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::operation::Operation;
use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::heard::{Call, Heard, Wrong};
use super::http_json;
use super::interface::Interface;
use super::parameters::Parameters;
use super::remote::Remote;
use super::skill::{self, Named};
use super::version;
use crate::asked::Asked;
use crate::core::Gate;
use crate::routes::Routed;
use crate::speak::content::Content;
use crate::speak::message::{self, Message};
use crate::speak::plain;
use crate::speak::verbatim;

/// The methods by which the agent behind is given a URL to tell of tasks: whoever gives it decides
/// where data goes, so they are served only where they are described.
const PUSH: [&str; 4] = [CREATE_PUSH, GET_PUSH, LIST_PUSH, DELETE_PUSH];

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
    let unknown = (Denial::OperationUnknown, None);
    let remote = routed.remote.as_deref().ok_or_else(|| unknown.clone())?;
    let path = routed.strip(asked.target.path()).ok_or_else(|| unknown.clone())?;
    let (interface, rest) = remote.find(path).ok_or(unknown)?;
    heard.binding = Some(interface.binding);
    if !version::is_spoken(asked.headers(), asked.target.query()) {
        return Err((
            Denial::RequestMalformed("`A2A-Version` is not 1.0"),
            Some(Wrong::VersionNotSupported),
        ));
    }
    let here = Here { asked, remote, interface, gate };
    match interface.binding {
        Binding::JsonRpc => here.by_json_rpc(heard).await,
        _ => here.over_http(rest, heard).await,
    }
}

fn malformed(wrong: Wrong, reason: &'static str) -> Refused {
    (Denial::RequestMalformed(reason), Some(wrong))
}

/// What is asked for, before it is known whether that is offered.
struct Request<'a> {
    method: &'a str,
    parameters: Parameters,
    /// The parameters as they were sent.
    text: &'a str,
    id: Value,
}

/// One request at an interface.
#[derive(Clone, Copy)]
struct Here<'a> {
    asked: &'a Asked,
    remote: &'a Remote,
    interface: &'a Interface,
    gate: &'a Gate<'a>,
}

impl Here<'_> {
    async fn by_json_rpc(self, heard: &mut Heard) -> Result<(Arc<Operation>, Call), Refused> {
        if self.asked.parts.method != Method::POST {
            return Err(malformed(Wrong::InvalidRequest, "JSON-RPC is spoken by POST"));
        }
        if !http_json::is_query(self.asked.target.query().unwrap_or_default(), true) {
            return Err(malformed(Wrong::InvalidRequest, "the interface takes no such query"));
        }
        let body = self.body(&["application/json"]).await?;
        let read = Message::read(&body).map_err(|unreadable| {
            heard.id = unreadable.id;
            let wrong = match unreadable.error {
                message::Error::Parse => Wrong::Parse,
                message::Error::InvalidRequest => Wrong::InvalidRequest,
                message::Error::InvalidParams => Wrong::InvalidParams,
            };
            malformed(wrong, unreadable.reason)
        })?;
        let Message::Request { id, call: calling } = read else {
            return Err(malformed(Wrong::InvalidRequest, "it is not a request with an `id`"));
        };
        heard.id = Some(id.clone());
        let parameters = Parameters::read(calling.params)
            .map_err(|reason| malformed(Wrong::InvalidParams, reason))?;
        let body = std::str::from_utf8(&body).unwrap_or_default();
        let text = verbatim::member(body, "params").unwrap_or("{}");
        self.request(Request { method: &calling.method, parameters, text, id })
    }

    async fn over_http(
        self,
        rest: &str,
        heard: &mut Heard,
    ) -> Result<(Arc<Operation>, Call), Refused> {
        let asked = self.asked;
        let rest = self.without_tenant(rest).ok_or((Denial::OperationUnknown, None))?;
        let found = http_json::method(&asked.parts.method, rest);
        let (method, task) = found.ok_or((Denial::OperationUnknown, None))?;
        let is_post = asked.parts.method == Method::POST;
        if !http_json::is_query(asked.target.query().unwrap_or_default(), is_post) {
            let reason = "the query has a parameter that is not known, or twice";
            return Err(malformed(Wrong::InvalidParams, reason));
        }
        if !is_post && !asked.payload.is_empty() {
            return Err(malformed(Wrong::InvalidRequest, "the request takes no body"));
        }
        let body = if asked.payload.is_empty() {
            Bytes::from_static(b"{}")
        } else {
            self.body(&["application/a2a+json", "application/json"]).await?
        };
        let members = message::object(&body).map_err(|reason| malformed(Wrong::Parse, reason))?;
        let parameters =
            Parameters::read(members).map_err(|reason| malformed(Wrong::InvalidParams, reason))?;
        if task.is_some_and(|task| !parameters.agree_on(task, PUSH.contains(&method))) {
            let reason = "path and body name different tasks";
            return Err(malformed(Wrong::InvalidParams, reason));
        }
        let text = std::str::from_utf8(&body).unwrap_or_default();
        let id = Value::from(asked.arrival.id.to_string());
        heard.id = Some(id.clone());
        self.request(Request { method, parameters, text, id })
    }

    /// The path behind the tenant that the interface has (`/{tenant}/…`), or without one.
    fn without_tenant<'p>(&self, rest: &'p str) -> Option<&'p str> {
        match &self.interface.tenant {
            None => Some(rest),
            Some(tenant) => rest.strip_prefix(tenant.as_str())?.strip_prefix('/'),
        }
    }

    async fn body(self, types: &[&str]) -> Result<Bytes, Refused> {
        if !plain::is_json(self.asked.headers(), types) {
            let reason = "the body is not declared as JSON in UTF-8, sent as it is";
            return Err(malformed(Wrong::ContentTypeNotSupported, reason));
        }
        let patience = self.gate.core.settings.bounds.idle;
        self.asked.payload.hold(patience).await.map_err(|denial| (denial, None))
    }

    fn request(self, request: Request<'_>) -> Result<(Arc<Operation>, Call), Refused> {
        let tenant = request.parameters.tenant();
        let tenant = tenant.map_err(|reason| malformed(Wrong::InvalidParams, reason))?;
        let own = self.interface.tenant.as_deref();
        let by_path = self.interface.binding != Binding::JsonRpc && tenant.is_none();
        if tenant != own && !by_path {
            return Err(malformed(Wrong::InvalidParams, "`tenant` is not the interface's"));
        }
        match request.method {
            SEND | SEND_STREAMING => self.message(request),
            method => self.other(method),
        }
    }

    /// A message, for the skill that it names.
    fn message(self, request: Request<'_>) -> Result<(Arc<Operation>, Call), Refused> {
        let Some(message) = request.parameters.message() else {
            return Err(malformed(Wrong::InvalidParams, "`message` is not an object"));
        };
        let skills = &self.remote.skills;
        let found = match skill::named(message) {
            Named::Skill(id) => skills.find(SEND, id),
            Named::No => skills.any(),
            Named::Unreadable => {
                return Err(malformed(Wrong::InvalidParams, "the skill is not named by a text"));
            }
        };
        let unknown = (Denial::OperationUnknown, Some(Wrong::InvalidParams));
        let operation = Arc::clone(found.ok_or(unknown)?);
        let is_one = skills.find(SEND, &operation.template).is_some();
        let each =
            if is_one { vec![Arc::clone(&operation)] } else { skills.all().cloned().collect() };
        let mut call = Call { each, ..Call::default() };
        if request.parameters.asks_for_push() {
            let push = skills.find(CREATE_PUSH, "").ok_or_else(no_push)?;
            call.also.push(Arc::clone(push));
            call.each.push(Arc::clone(push));
        }
        let name = operation.template.clone();
        let arguments = (request.parameters.into_value(), lasting(request.text));
        call.content = Some(Content::new(name, arguments, &request.id));
        Ok((operation, call))
    }

    /// Whatever is not a message.
    fn other(self, method: &str) -> Result<(Arc<Operation>, Call), Refused> {
        let card = method == GET_EXTENDED_CARD;
        if let Some(operation) = self.remote.skills.find(method, "") {
            return Ok((Arc::clone(operation), Call { card, ..Call::default() }));
        }
        if PUSH.contains(&method) {
            return Err(no_push());
        }
        let unknown = (Denial::OperationUnknown, Some(Wrong::MethodNotFound));
        let either: Vec<_> = self.remote.skills.all().cloned().collect();
        // Of an agent none of whose skills is served nothing is open to anybody.
        let open = self.remote.open(method).filter(|_| !either.is_empty());
        let operation = Arc::clone(open.ok_or(unknown)?);
        Ok((operation, Call { either, card, ..Call::default() }))
    }
}

fn no_push() -> Refused {
    (Denial::OperationUnknown, Some(Wrong::PushNotificationNotSupported))
}

/// The parameters without what is another with each attempt: the message's own id.
fn lasting(parameters: &str) -> String {
    let message = verbatim::member(parameters, "message").unwrap_or("{}");
    let message = verbatim::retain(message, |name| name != "messageId");
    verbatim::squeeze(&verbatim::replace(parameters, "message", &message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_agree_to_is_all_but_the_id_of_the_message() {
        let parameters = r#"{"message": {"messageId":"1", "parts":[{"text":"a b"}]}, "x":1.0}"#;
        let expected = r#"{"message":{"parts":[{"text":"a b"}]},"x":1.0}"#;
        assert_eq!(lasting(parameters), expected);
    }
}
