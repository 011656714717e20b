//! One permit, one request, one answer; or one observation, where an API is only observed.

use std::rc::Rc;

use bailiwick_domain::api::Kind;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::denial::Denial;
use http::uri::PathAndQuery;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body as _;
use hyper::body::Incoming;

use super::answer::{Answer, Exchange};
use super::fields::{Proven, TXN_TOKEN, rewrite_for_caller, rewrite_for_upstream};
use super::masking::Masking;
use super::pool::{Answered, Unanswered};
use super::speaking::{self, Speaking};
use super::{respond, transaction, tunnel};
use crate::asked::Asked;
use crate::asked::payload::{Outgoing, Sending};
use crate::asked::target::Target;
use crate::check::record::Ended;
use crate::core::Core;
use crate::observed::Leave;
use crate::routes::Routed;

/// Forwards a request that may leave and answers with what came back.
pub async fn send(leave: Leave, asked: Asked, core: &Rc<Core>) -> Response<Answer> {
    let upgrade = tunnel::wanted(&asked.parts).filter(|_| leave.api().api.kind == Kind::Http);
    let caller = upgrade.is_some().then(|| asked.parts.extensions.clone());
    let masking = Masking::of(&leave);
    let outgoing = match prepare((&leave, masking.as_ref()), asked, core, upgrade) {
        Ok(outgoing) => outgoing,
        Err(denial) => return fail(leave, &denial, &Sending::default()),
    };
    let Prepared { request, sending } = outgoing;
    let routed = leave.api();
    let answered = core.pool.exchange(routed.place, &routed.endpoint, request, &sending).await;
    match answered {
        Ok(answered) if answered.response.status() == StatusCode::SWITCHING_PROTOCOLS => {
            // What goes through a tunnel cannot be masked.
            match caller.filter(|_| masking.as_ref().is_none_or(Masking::clears)) {
                Some(caller) => tunnel::open(leave, answered, caller),
                None => fail(leave, &Denial::UpstreamFailed, &sending),
            }
        }
        Ok(answered) => relay((leave, masking), answered, sending, core),
        Err(error) => {
            tracing::warn!(api = %routed.api.name, %error, "an upstream did not answer");
            let denial = match error {
                Unanswered::TooLate => Denial::UpstreamTimeout,
                Unanswered::Unreachable(_) | Unanswered::Broken(_) => Denial::UpstreamFailed,
            };
            fail(leave, &denial, &sending)
        }
    }
}

struct Prepared {
    request: Request<Outgoing>,
    sending: Rc<Sending>,
}

/// Makes the caller's request the upstream's.
fn prepare(
    (leave, masking): (&Leave, Option<&Masking>),
    asked: Asked,
    core: &Core,
    upgrade: Option<http::HeaderValue>,
) -> Result<Prepared, Denial> {
    let uri = find_uri(leave.api(), &asked.target)?;
    let speaking = leave.permit().and_then(Speaking::of);
    if let Some(rewritten) = speaking.as_ref().and_then(Speaking::rewritten) {
        asked.payload.replace(rewritten);
    }
    let trace = asked.trace().clone();
    let Asked { arrival, parts, authority, payload, .. } = asked;
    let mut headers = parts.headers;
    let issuer = &core.settings.issuer;
    let proven = Proven { arrival, authority: &authority, trace: &trace, issuer };
    rewrite_for_upstream(&mut headers, leave, &proven);
    if let Some(masking) = masking {
        masking.ask(&mut headers);
    }
    if let Some(speaking) = speaking {
        speaking.ask(&mut headers);
    }
    if let Some(permit) = leave.permit().filter(|_| leave.api().api.txn_token) {
        let leaving = (&parts.method, &uri);
        headers.insert(TXN_TOKEN, transaction::make(permit, &arrival, leaving, core)?);
    }
    if let Some(protocol) = upgrade {
        tunnel::ask(&mut headers, protocol);
    }
    let (body, sending) = payload.into_outgoing(&core.settings.bounds)?;
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(Prepared { request, sending })
}

/// The target in origin form: as received, but for the prefix; where there is one endpoint, that.
pub(super) fn find_uri(routed: &Routed, target: &Target) -> Result<Uri, Denial> {
    if let Some(path) = &routed.endpoint.path {
        return Ok(Uri::from(path.clone()));
    }
    let malformed = |_| Denial::RequestMalformed("the target cannot be forwarded");
    let path = routed.strip(target.path()).ok_or(Denial::Unavailable)?;
    if path.len() == target.path().len() {
        return Ok(Uri::from(target.path_and_query().clone()));
    }
    let stripped = match target.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    PathAndQuery::try_from(stripped).map(Uri::from).map_err(malformed)
}

fn relay(
    (leave, masking): (Leave, Option<Masking>),
    answered: Answered,
    sending: Rc<Sending>,
    core: &Rc<Core>,
) -> Response<Answer> {
    let Answered { response, connection } = answered;
    let (mut parts, body): (_, Incoming) = response.into_parts();
    let masking = masking.map(|it| it.begin(&mut parts, body.is_end_stream()));
    let Ok(masking) = masking.transpose() else {
        let api = &leave.api().api.name;
        tracing::warn!(%api, "an answer cannot be masked, and is kept back");
        return fail(leave, &Denial::UpstreamFailed, &sending);
    };
    let masking = masking.flatten();
    let speaking = leave.permit().and_then(Speaking::of);
    let empty = body.is_end_stream();
    let relay = match (speaking, leave.permit()) {
        (Some(speaking), _) => speaking.begin((&mut parts, empty), core),
        (None, Some(permit)) => speaking::begin_a2a(permit, (&mut parts, empty), core),
        (None, None) => Ok(None),
    };
    let Ok(relay) = relay else {
        let api = &leave.api().api.name;
        tracing::warn!(%api, "what was answered cannot be read, and is kept back");
        return fail(leave, &Denial::UpstreamFailed, &sending);
    };
    let place = leave.api().place;
    let id = leave.receipt().id().to_string();
    rewrite_for_caller(&mut parts.headers, &leave, &id);
    parts.version = http::Version::HTTP_11;
    parts.extensions.clear();
    let exchange = Exchange {
        receipt: leave.into_receipt(),
        status: parts.status.as_u16(),
        sent: sending,
        core: Rc::clone(core),
        place,
        connection,
    };
    Response::from_parts(parts, Answer::relayed(body, (masking, relay), exchange))
}

/// Answers for an upstream that did not. A body that did not verify is the caller's doing and says
/// so, whatever the upstream made of its end.
fn fail(leave: Leave, denial: &Denial, sending: &Sending) -> Response<Answer> {
    let (denial, outcome, request) = match sending.take_end() {
        Some(Err(body)) => (body, Outcome::Denied, None),
        Some(Ok(measured)) => (denial.clone(), Outcome::Failed, Some(measured)),
        None => (denial.clone(), Outcome::Failed, None),
    };
    let heard = leave.permit().and_then(|permit| permit.wanted().heard().cloned());
    let kind = leave.api().api.kind;
    let mut receipt = leave.into_receipt();
    receipt.close(Ended {
        outcome,
        code: Some(denial.code()),
        status: Some(respond::status(&denial).as_u16()),
        request,
        response: None,
    });
    respond::refuse_message(&denial, (kind, heard.as_deref()), receipt.id())
}
