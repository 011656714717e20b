//! Written down before it happens: no request is forwarded whose record is not in the journal.

use std::rc::Rc;

use bailiwick_contract::masker::Seen;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::{ApprovalId, RecordId};
use bailiwick_ledger::entry::{
    AgentEntry, Body, Closing, Decided, DelegationEntry, GenAi, Labels, Opening, Trace, WouldBe,
};
use bailiwick_store::journal::Journal;

use super::approval::Approved;
use crate::asked::facts::{Known, Verdict};
use crate::asked::payload::Measured;
use crate::asked::{Arrival, Asked, Malformed};
use crate::core::Gate;
use crate::speak::heard::Heard;

/// A record that is open; it is closed exactly once.
pub struct Receipt {
    id: RecordId,
    begun: tokio::time::Instant,
    journal: Rc<Journal>,
    said: Said,
    masked: Vec<String>,
    returned: Vec<String>,
    closed: bool,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// Allowed, denied or failed.
    pub outcome: Outcome,
    /// The denial's code, when it was not allowed.
    pub code: Option<&'static str>,
    /// The status that was sent.
    pub status: Option<u16>,
    /// The body that came in.
    pub request: Option<Measured>,
    /// The body that went out.
    pub response: Option<Body>,
}

/// Opens the record of an admitted request; gives back what it took when that cannot be.
pub async fn open(
    approved: Approved,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<(Approved, Receipt), Denial> {
    let known = asked.facts.known();
    let spelled = Spelled::of(&known);
    let mut opening = describe(asked, &known, &spelled, &gate.core.settings.node);
    opening.scopes_used = known.operation.as_ref().map(|operation| &operation.scopes);
    let arrival = asked.arrival;
    match gate.core.journal.open(arrival.id, &opening).await {
        Ok(()) => {
            let journal = Rc::clone(&gate.core.journal);
            let (id, begun) = (arrival.id, arrival.begun);
            Ok((approved, Receipt::new(id, begun, journal, Said::of(&known))))
        }
        Err(fault) => {
            tracing::error!(%fault, "the journal cannot be written; refusing");
            approved.into_spend().release(asked.at(), gate).await;
            Err(Denial::Unavailable)
        }
    }
}

/// Opens the record of a request that is to be refused, and is let through because its API is only
/// observed.
pub async fn open_observed(
    asked: &Asked,
    (api, denial): (&str, &Denial),
    gate: &Gate<'_>,
) -> Result<Receipt, Denial> {
    let known = asked.facts.known();
    let spelled = Spelled::of(&known);
    let mut opening = describe(asked, &known, &spelled, &gate.core.settings.node);
    opening.api = Some(api);
    let arrival = asked.arrival;
    gate.core.journal.open(arrival.id, &opening).await.map_err(|fault| {
        tracing::error!(%fault, "the journal cannot be written; refusing");
        Denial::Unavailable
    })?;
    let would_be = Some(WouldBe { outcome: Outcome::Denied, code: denial.code() });
    let journal = Rc::clone(&gate.core.journal);
    let said = Said { would_be, ..Said::of(&known) };
    Ok(Receipt::new(arrival.id, arrival.begun, journal, said))
}

/// Records a request that was refused, in one piece.
pub fn refuse(asked: &Asked, denial: &Denial, status: u16, gate: &Gate<'_>) {
    let known = asked.facts.known();
    let spelled = Spelled::of(&known);
    let opening = describe(asked, &known, &spelled, &gate.core.settings.node);
    let said = Said::of(&known);
    let closing = Closing {
        decided: said.decided(),
        request: asked.payload.measured().map(Body::from),
        ..closing(asked.arrival, denial, status)
    };
    write_whole(asked.arrival, &opening, &closing, gate);
}

/// Records a request that could not even be read.
pub fn refuse_malformed(malformed: &Malformed, status: u16, gate: &Gate<'_>) {
    let parts = &malformed.parts;
    let opening = Opening {
        time: malformed.arrival.at,
        node: &gate.core.settings.node,
        agent: None,
        credential: None,
        token: None,
        delegation: DelegationEntry::default(),
        strength: None,
        api: None,
        operation: None,
        path_template: None,
        method: parts.method.as_str(),
        resource: parts.uri.path(),
        query: parts.uri.query(),
        gen_ai: None,
        scopes_used: None,
        address: malformed.arrival.address,
        user_agent: user_agent(&parts.headers),
        trace: None,
        via: malformed.arrival.via,
    };
    let closing = closing(malformed.arrival, &malformed.denial, status);
    write_whole(malformed.arrival, &opening, &closing, gate);
}

/// What else is to be said of a decision.
#[derive(Default)]
struct Said {
    approval: Option<ApprovalId>,
    verdict: Option<Rc<Verdict>>,
    would_be: Option<WouldBe<'static>>,
}

impl Said {
    fn of(known: &Known) -> Self {
        let (approval, would_be) = (known.approval, known.would_be);
        Self { approval, verdict: known.verdict.clone(), would_be }
    }

    fn decided(&self) -> Decided<'_> {
        let policies = self.verdict.as_deref().map(Verdict::entry);
        Decided { approval: self.approval, policies, would_be: self.would_be }
    }
}

/// How a request ended that was not let through.
fn closing(arrival: Arrival, denial: &Denial, status: u16) -> Closing<'static> {
    let waits = matches!(denial, Denial::ApprovalPending(_));
    Closing {
        outcome: if waits { Outcome::Pending } else { Outcome::Denied },
        code: Some(denial.code()),
        decided: Decided::default(),
        status: Some(status),
        request: None,
        response: None,
        labels: Labels::default(),
        duration_us: micros_since(arrival.begun),
    }
}

fn write_whole(arrival: Arrival, opening: &Opening<'_>, closing: &Closing<'_>, gate: &Gate<'_>) {
    if let Err(fault) = gate.core.journal.whole(arrival.id, opening, closing) {
        tracing::error!(%fault, id = %arrival.id, "a refusal was not recorded");
    }
}

/// What of a record is put together from several.
struct Spelled<'a> {
    operation: Option<String>,
    chain: Vec<&'a str>,
}

impl<'a> Spelled<'a> {
    fn of(known: &'a Known) -> Self {
        Self {
            operation: known.operation.as_ref().map(ToString::to_string),
            chain: known.mandate().map(|mandate| mandate.chain()).unwrap_or_default(),
        }
    }
}

fn delegation<'a>(known: &'a Known, spelled: &'a Spelled<'a>) -> DelegationEntry<'a> {
    let Some(mandate) = known.mandate() else { return DelegationEntry::default() };
    DelegationEntry {
        grant: mandate.grant,
        on_behalf_of: mandate.on_behalf_of(),
        chain: &spelled.chain,
        task: mandate.task,
        purpose: mandate.purpose,
    }
}

fn describe<'a>(
    asked: &'a Asked,
    known: &'a Known,
    spelled: &'a Spelled<'a>,
    node: &'a str,
) -> Opening<'a> {
    let (operation, trace) = (known.operation.as_deref(), asked.trace());
    Opening {
        time: asked.at(),
        node,
        agent: known.agent.as_ref().map(|known| &known.agent).map(|agent| AgentEntry {
            id: agent.id,
            name: agent.name.as_str(),
            project: agent.project.as_str(),
            owner: &agent.owner,
            kind: agent.kind,
        }),
        credential: known.key,
        token: known.token.as_ref().map(|token| token.jti),
        delegation: delegation(known, spelled),
        strength: known.strength,
        api: operation.map(|operation| &*operation.api),
        operation: spelled.operation.as_deref(),
        path_template: operation.map(|it| it.template.as_str()).filter(|it| !it.is_empty()),
        method: asked.parts.method.as_str(),
        resource: asked.target.path(),
        query: asked.target.query(),
        gen_ai: known.heard.as_deref().and_then(called),
        scopes_used: None,
        address: asked.arrival.address,
        user_agent: user_agent(asked.headers()),
        trace: Some(Trace { trace_id: trace.trace_id(), span_id: trace.span_id() }),
        via: asked.arrival.via,
    }
}

/// What a message calls, where it calls something.
fn called(heard: &Heard) -> Option<GenAi<'_>> {
    let content = heard.content()?;
    Some(GenAi { arguments_digest: content.digest(), name: &content.name, tool_call: &content.id })
}

fn user_agent(headers: &http::HeaderMap) -> Option<&str> {
    headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok())
}

fn micros_since(begun: tokio::time::Instant) -> u64 {
    u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Receipt {
    /// The receipt of a constant permit: nothing is recorded.
    #[cfg(feature = "constant-permit")]
    pub(crate) fn constant(asked: &Asked, gate: &Gate<'_>) -> Self {
        let (id, begun) = (asked.arrival.id, asked.arrival.begun);
        let journal = Rc::clone(&gate.core.journal);
        let mut receipt = Self::new(id, begun, journal, Said::default());
        receipt.closed = true;
        receipt
    }

    fn new(id: RecordId, begun: tokio::time::Instant, journal: Rc<Journal>, said: Said) -> Self {
        let (masked, returned) = (Vec::new(), Vec::new());
        Self { id, begun, journal, said, masked, returned, closed: false }
    }

    /// Says which labels the answer's fields have.
    pub(crate) fn label(&mut self, seen: Seen) {
        self.masked = seen.masked.into_iter().collect();
        self.returned = seen.returned.into_iter().collect();
    }

    /// Whether the record is still to be closed.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed
    }

    /// The id of the record, which is the request's.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Closes the record.
    pub fn close(&mut self, ended: Ended) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let closing = Closing {
            outcome: ended.outcome,
            code: ended.code,
            decided: self.said.decided(),
            status: ended.status,
            request: ended.request.map(Body::from),
            response: ended.response,
            labels: Labels { masked: &self.masked, returned: &self.returned },
            duration_us: micros_since(self.begun),
        };
        if let Err(fault) = self.journal.close(self.id, &closing) {
            tracing::error!(%fault, id = %self.id, "a record was not closed");
        }
    }
}

/// A request dropped on the way, by a client that went or a gateway that stops, did not end well.
impl Drop for Receipt {
    fn drop(&mut self) {
        self.close(Ended {
            outcome: Outcome::Failed,
            code: None,
            status: None,
            request: None,
            response: None,
        });
    }
}

impl From<Measured> for Body {
    fn from(measured: Measured) -> Self {
        Self { bytes: measured.bytes, digest: Some(measured.digest) }
    }
}
