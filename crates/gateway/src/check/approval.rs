//! People agree first, where the operation or a policy asks for it: the first attempt is put before
//! them, and the same request, sent again and newly signed once they have agreed, goes through
//! exactly once.
//!
//! [`prepare`] says how many people it takes, and holds the body, before anything is spent;
//! [`find`] uses the approval that there is, or asks for one. A request that waits has spent its
//! nonce, so that a copy of it asks nobody again, and nothing of its limits and budgets.

mod prefer;
mod wait;

use std::sync::Arc;

use bailiwick_domain::approval::{Approval, Bound, PENDING_SECONDS, State, Told};
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::denial::{Denial, Exhausted, Waiting};
use bailiwick_domain::id::{AgentId, ApprovalId, PersonId, RecordId};
use bailiwick_domain::limit::{Limit, Period};
use bailiwick_domain::operation::ApprovalRule;
use bailiwick_ledger::entry::WouldBe;
use bailiwick_proof::opaque::sha256;
use bailiwick_store::fast::{Bucket, Reserved, Use};
use bytes::Bytes;
use http::HeaderName;
use http::header::CONTENT_TYPE;

use super::budget::Spend;
use super::delegation::Actor;
use super::operation::Wanted;
use super::policy::{Allowed, Asking};
use super::replay::Fresh;
use super::revocation::Mandate;
use crate::asked::Asked;
use crate::asked::payload::Measured;
use crate::asked::shown::{shown, shown_target};
use crate::core::Gate;
use crate::desk::{Draft, Settled};

/// The field by which a request says which approval it goes by.
pub const APPROVAL_ID: HeaderName = HeaderName::from_static("x-approval-id");

/// How often one agent may come to the desk in a minute.
const VISITS_A_MINUTE: u32 = 60;
/// The bucket in which its visits are counted: no operation's fingerprint (FNV-1a of no API).
const VISITS: u64 = 0xaf63_bd4c_8601_b7df;
/// The longest declared content type that people are told.
const MOST_TYPE: usize = 200;

/// What a request to an API would be that is only observed: nobody is asked.
const WOULD_WAIT: WouldBe<'static> =
    WouldBe { outcome: Outcome::Pending, code: "approval_pending" };

/// How many people it takes, and what they will be shown.
#[derive(Debug)]
pub struct Prepared {
    approvers: u8,
    asking: Asking,
    masks: Vec<Arc<str>>,
    body: Option<(Bytes, Measured)>,
    named: Option<ApprovalId>,
}

/// Says that as many people have agreed as it takes, if it takes any.
#[derive(Debug)]
pub struct Approved {
    fresh: Fresh,
    masks: Vec<Arc<str>>,
}

/// How many people it takes; of a request that takes any, the body is held.
pub async fn prepare(
    wanted: &Wanted,
    allowed: &Allowed,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Prepared, Denial> {
    let (asking, masks) = (allowed.asking().clone(), allowed.masks().to_vec());
    let approvers = wanted.approvers(asking.approvers);
    let is_observed = approvers > 0 && wanted.api().api.mode.observes();
    if is_observed {
        asked.facts.note(|known| known.would_be = Some(WOULD_WAIT));
    }
    if approvers == 0 || is_observed {
        return Ok(Prepared { approvers, asking, masks, body: None, named: None });
    }
    let named = read_name(asked)?;
    let (named, bytes, measured) = if let Some(content) = wanted.content() {
        let bytes = content.bound(&wanted.operation().method);
        let measured = measure(&bytes);
        (named.or(wanted.call().and_then(|call| call.approval)), bytes, measured)
    } else {
        let bytes = asked.payload.hold(gate.core.settings.bounds.idle).await?;
        (named, bytes, asked.payload.measured().ok_or(Denial::Unavailable)?)
    };
    Ok(Prepared { approvers, asking, masks, body: Some((bytes, measured)), named })
}

/// Of a message of MCP or A2A it is the call that people agree to: around it every attempt differs.
fn measure(call: &Bytes) -> Measured {
    Measured { bytes: u64::try_from(call.len()).unwrap_or(u64::MAX), digest: sha256(call) }
}

/// Uses the approval for this very request, or says what it waits for; what it took of limits and
/// budgets is then given back.
pub async fn find(
    actor: &Actor,
    wanted: &Wanted,
    (fresh, prepared): (Fresh, Prepared),
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Approved, Denial> {
    if let Some((bytes, measured)) = &prepared.body {
        let draft = draft((actor, wanted), &prepared, (bytes, *measured), (asked, gate));
        // Rare and large: kept apart from what every request carries along.
        let fresh = Box::pin(decide(draft, fresh, asked, gate)).await?;
        return Ok(Approved { fresh, masks: prepared.masks });
    }
    Ok(Approved { fresh, masks: prepared.masks })
}

async fn decide(
    draft: Draft,
    fresh: Fresh,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Fresh, Denial> {
    let turn = settle(draft, asked, gate).await;
    if matches!(turn, Ok(Turn::Through)) {
        return Ok(fresh);
    }
    // Before anybody waits, so that nothing is taken while they do.
    fresh.into_spend().release(asked.at(), gate).await;
    match turn? {
        Turn::Through => Err(Denial::Unavailable),
        Turn::Back(approval) => Err(tell(&approval, None, gate)),
        Turn::Wait(waiting, approval) => {
            let seconds = waiting.seconds();
            let approval = waiting.until_decided(approval, &gate.core.desk).await?;
            Err(tell(&approval, Some(seconds), gate))
        }
    }
}

/// What becomes of a request at the desk.
enum Turn {
    /// It goes through.
    Through,
    /// It does not, or not now.
    Back(Approval),
    /// It waits here.
    Wait(wait::Waiting, Approval),
}

async fn settle(draft: Draft, asked: &Asked, gate: &Gate<'_>) -> Result<Turn, Denial> {
    let agent = draft.approval.bound.agent;
    visit(agent, gate).await?;
    let patience = prefer::wait(asked.headers());
    let seat = patience.and_then(|seconds| Some((seconds, gate.core.waiters.sit(agent)?)));
    // Whoever waits listens before it asks, so that no decision falls between the two.
    let waiting = seat.map(|(seconds, seat)| wait::Waiting::begin(&gate.core.desk, seconds, seat));
    match gate.core.desk.settle(draft, gate.core.clock.now()).await? {
        Settled::Used(id) => {
            note(asked, id);
            Ok(Turn::Through)
        }
        Settled::Waiting(approval) => {
            note(asked, approval.id);
            Ok(match waiting {
                Some(waiting) => Turn::Wait(waiting, approval),
                None => Turn::Back(approval),
            })
        }
        Settled::Denied(approval) => {
            note(asked, approval.id);
            Ok(Turn::Back(approval))
        }
        Settled::Mismatch(mismatch) => Err(Denial::ApprovalMismatch(mismatch.detail())),
        Settled::Full(exhausted) => Err(Denial::RateLimited(exhausted)),
    }
}

fn note(asked: &Asked, id: ApprovalId) {
    asked.facts.note(|known| known.approval = Some(id));
}

/// What the caller is told of an approval that it cannot go by now.
fn tell(approval: &Approval, waited: Option<u32>, gate: &Gate<'_>) -> Denial {
    let state = approval.state_at(gate.core.clock.now());
    if state == State::Denied {
        let reason = approval.refused_because().unwrap_or("no reason was given");
        return Denial::ApprovalDenied { reason: reason.to_owned() };
    }
    let url = format!("{}/approvals/{}", gate.core.settings.issuer, approval.id);
    let (id, expires_at) = (approval.id, approval.expires_at);
    Denial::ApprovalPending(Box::new(Waiting { id, state, url, expires_at, waited }))
}

/// Counts a visit to the desk, where SQL is asked.
async fn visit(agent: AgentId, gate: &Gate<'_>) -> Result<(), Denial> {
    let limit = Limit::new(VISITS_A_MINUTE, Period::Minute).map_err(|_| Denial::Unavailable)?;
    let visit = Use { bucket: Bucket { agent, operation: VISITS }, limit };
    match gate.core.fast.reserve(&[visit], gate.core.clock.now()).await {
        Ok(Reserved::Within { .. }) => Ok(()),
        Ok(Reserved::Exhausted { retry_after_millis, .. }) => Err(Denial::RateLimited(Exhausted {
            policy: "approvals_visited",
            quota: VISITS_A_MINUTE,
            window_seconds: limit.period_seconds(),
            retry_after_seconds: retry_after_millis.div_ceil(1_000).max(1),
        })),
        Err(fault) => {
            tracing::error!(%fault, "limits cannot be asked; refusing");
            Err(Denial::Unavailable)
        }
    }
}

/// The approval that the request names; one at most.
fn read_name(asked: &Asked) -> Result<Option<ApprovalId>, Denial> {
    let malformed = Denial::RequestMalformed("X-Approval-ID is not one approval's id");
    let mut fields = asked.headers().get_all(APPROVAL_ID).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    let id = field.to_str().ok().and_then(|text| text.parse().ok());
    match (id, fields.next()) {
        (Some(id), None) => Ok(Some(id)),
        _ => Err(malformed),
    }
}

/// The request as people would decide about it.
fn draft(
    (actor, wanted): (&Actor, &Wanted),
    prepared: &Prepared,
    (bytes, measured): (&Bytes, Measured),
    (asked, gate): (&Asked, &Gate<'_>),
) -> Draft {
    let now = gate.core.clock.now();
    let content_type = asked.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let operation = wanted.operation();
    let mandate = actor.mandate();
    let bound = Bound {
        agent: actor.agent().id,
        chain: mandate.iter().flat_map(Mandate::chain).map(str::to_owned).collect(),
        method: operation.method.clone(),
        authority: asked.authority.clone(),
        target: shown_target(&asked.target),
        target_digest: sha256(asked.target.path_and_query().as_str().as_bytes()),
        body: measured.digest,
        operation: format!("{} {operation}", operation.api),
        policy: prepared.asking.version.to_string(),
    };
    let told = Told {
        body_bytes: measured.bytes,
        content_type: content_type.map(|it| it.chars().take(MOST_TYPE).collect()),
        because: because(wanted, &prepared.asking),
        record: asked.arrival.id,
        ..told(actor, wanted)
    };
    let approval = Approval {
        id: gate.core.desk.next_id(now),
        bound,
        told,
        approvers: prepared.approvers,
        state: State::Pending,
        decisions: Vec::new(),
        asked_at: now,
        expires_at: now.plus_seconds(PENDING_SECONDS),
        used_at: None,
    };
    let bound = wanted.api().service.bound(operation);
    let shown = shown(bytes, content_type, bound.map(|it| &it.body_mask));
    Draft { approval, body: shown, named: prepared.named }
}

/// What of it is about who asks and for what.
fn told(actor: &Actor, wanted: &Wanted) -> Told {
    let (agent, mandate) = (actor.agent(), actor.mandate());
    let subject = mandate.and_then(|it| it.on_behalf_of()).and_then(|it| it.parse().ok());
    let person: Option<PersonId> = subject.or(actor.grants().find_map(|grant| grant.person));
    let purpose = mandate.and_then(|it| it.purpose).unwrap_or(&agent.purpose);
    Told {
        agent: agent.name.to_string(),
        project: agent.project.to_string(),
        owner: agent.owner.clone(),
        person,
        task: mandate.and_then(|it| it.task),
        purpose: purpose.to_owned(),
        sensitivity: wanted.operation().sensitivity.as_str().to_owned(),
        because: String::new(),
        body_bytes: 0,
        content_type: None,
        record: RecordId::from_bits(0),
    }
}

fn because(wanted: &Wanted, asking: &Asking) -> String {
    match (wanted.operation().approval, asking.approvers) {
        (ApprovalRule::Always, 0) => "the operation always takes an approval".to_owned(),
        _ => asking.because.clone(),
    }
}

impl Approved {
    /// Who approved a constant permit: nobody.
    #[cfg(feature = "constant-permit")]
    pub(crate) fn constant() -> Self {
        Self { fresh: Fresh::constant(), masks: Vec::new() }
    }

    /// What was taken from the limits.
    pub(crate) fn into_spend(self) -> Spend {
        self.fresh.into_spend()
    }

    /// The same, and the labels that policies mask.
    pub(crate) fn into_parts(self) -> (Spend, Vec<Arc<str>>) {
        (self.fresh.into_spend(), self.masks)
    }
}
