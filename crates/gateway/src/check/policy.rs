//! The policies in force allow it, asked anew for every request: nothing that was decided is
//! remembered, and any error refuses.

mod visible;

use std::borrow::Cow;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use bailiwick_contract::masker::Masker;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::PersonId;
use bailiwick_domain::operation::Operation;
use bailiwick_policy::decision::{Answer, Decision};
use bailiwick_policy::engine::Engine;
use bailiwick_policy::facts::Facts;
use bailiwick_policy::fields::Found;
use bailiwick_policy::policy::Policy;
use bailiwick_policy::slice::Slice;

use super::contract::Fitting;
use super::delegation::Actor;
use super::operation::Wanted;
use crate::asked::Asked;
use crate::asked::facts::Verdict;
use crate::asked::fields;
use crate::core::Gate;

/// Says that the policies allow it, and what they ask for still.
#[derive(Debug)]
pub struct Allowed {
    asking: Asking,
    masks: Vec<Arc<str>>,
}

/// What policies ask of people.
#[derive(Debug, Clone)]
pub struct Asking {
    /// How many people have to agree; 0: nobody.
    pub approvers: u8,
    /// Why.
    pub because: String,
    /// Which version of the policies asks: what was approved under another counts for nothing.
    pub version: u64,
}

impl Allowed {
    /// Allowed, and nothing more said.
    fn asking_nobody(version: u64) -> Self {
        let asking = Asking { approvers: 0, because: String::new(), version };
        Self { asking, masks: Vec::new() }
    }

    /// What both ask for: as many people as either, and whatever either masks.
    fn and(mut self, other: Self) -> Self {
        if other.asking.approvers > self.asking.approvers {
            self.asking = other.asking;
        }
        self.masks.extend(other.masks);
        self.masks.sort_unstable();
        self.masks.dedup();
        self
    }

    /// What they ask of people.
    pub fn asking(&self) -> &Asking {
        &self.asking
    }

    /// The labels of fields that they mask in the answer, whatever scopes are held.
    pub fn masks(&self) -> &[Arc<str>] {
        &self.masks
    }
}

/// Decides by the policies of the world that the request began in. Takes what scopes and contract
/// proved: a policy may forbid what they allow, and never allows what they do not. Beside another
/// proxy an answer of which something would be masked is refused.
pub async fn decide(
    actor: &Actor,
    wanted: &Wanted,
    _: Fitting,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Allowed, Denial> {
    let policies = gate.world.policies();
    let policy_version = policies.version();
    let Some(engine) = policies.engine() else {
        tracing::error!(policy_version, "the policies in force cannot be read here; refusing");
        return Err(Denial::PolicyError);
    };
    let mut allowed = Allowed::asking_nobody(policy_version);
    for operation in wanted.each() {
        let judged = judge(actor, (wanted, operation), (engine, policy_version), asked, gate);
        allowed = allowed.and(judged.await?);
    }
    if let Some(call) = wanted.call().filter(|call| call.tells) {
        visible::note(call, (actor, wanted), &facts(actor, asked, Vec::new()), gate);
    }
    if asked.arrival.via.is_some() && is_masked(actor, wanted, &allowed) {
        return Err(Denial::NotInLine("the answer would have to be masked"));
    }
    if asked.arrival.via.is_some() && wanted.heard().is_some_and(|it| it.passes_through()) {
        return Err(Denial::NotInLine(
            "the answer would have to be cut or checked, or a session named",
        ));
    }
    Ok(allowed)
}

/// What the policies say of one operation.
async fn judge(
    actor: &Actor,
    (wanted, operation): (&Wanted, &Arc<Operation>),
    (engine, version): (&Arc<Engine>, u64),
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Allowed, Denial> {
    let found = gate.core.slices.borrow_mut().find(engine, actor.agent(), operation);
    let slice = found.map_err(|unaskable| {
        tracing::error!(%unaskable, "a request cannot be put to the policies; refusing");
        Denial::PolicyError
    })?;
    let fields = fields::find(&slice, wanted, asked, gate.core.settings.bounds.idle).await?;
    let answer = slice.decide(&facts(actor, asked, fields));
    report(&answer, version, asked, &slice);
    let approvers = match answer.decision {
        Decision::Allow => 0,
        Decision::NeedsApproval { approvers } => approvers,
        Decision::Deny => return Err(denied(&answer)),
        Decision::Error => return Err(Denial::PolicyError),
    };
    let because = if approvers > 0 { answer.reason() } else { None };
    let because = because.map(|reason| String::from(&**reason)).unwrap_or_default();
    Ok(Allowed { asking: Asking { approvers, because, version }, masks: answer.masks() })
}

/// Whether fields of the answer are kept back from the actor, by its scopes or by the policies,
/// which only a gateway can do that the answer passes through.
fn is_masked(actor: &Actor, wanted: &Wanted, allowed: &Allowed) -> bool {
    if wanted.api().api.mode.observes() {
        return false;
    }
    let clears = |label: &str| actor.clears(label, &allowed.masks);
    let bound = wanted.api().service.bound(wanted.operation());
    bound.is_some_and(|bound| !Masker::new(&bound.mask, clears).clears_all())
}

fn facts<'a>(actor: &'a Actor, asked: &Asked, fields: Vec<Found<'a>>) -> Facts<'a> {
    let mandate = actor.mandate();
    let subject = mandate.and_then(|mandate| mandate.on_behalf_of());
    let person = subject.filter(|subject| subject.parse::<PersonId>().is_ok());
    Facts {
        person: person.map(Cow::Borrowed),
        chain: mandate.map_or(0, |mandate| mandate.actors.len()),
        task: mandate.and_then(|it| it.task).map(|task| Cow::Owned(task.to_string())),
        purpose: mandate.and_then(|mandate| mandate.purpose).map(Cow::Borrowed),
        proof: actor.strength(),
        scopes: actor.held(),
        at: asked.at(),
        address: IpAddr::to_canonical(&asked.arrival.address),
        fields,
    }
}

/// For the record, and where something is wrong or would have been otherwise, for whoever reads
/// the log.
fn report(answer: &Answer, version: u64, asked: &Asked, slice: &Slice) {
    let names = |policies: &[Arc<Policy>]| -> Vec<Arc<str>> {
        policies.iter().map(|policy| Arc::clone(&policy.id)).collect()
    };
    let shadow = names(&answer.otherwise);
    if !answer.errors.is_empty() {
        let (errors, operation) = (&answer.errors, slice.operation());
        tracing::error!(version, ?errors, %operation, "a policy failed; refusing");
    }
    if !shadow.is_empty() {
        let decision = answer.decision.as_str();
        tracing::info!(version, ?shadow, decision, "shadow policies would have decided otherwise");
    }
    let verdict = Rc::new(Verdict { policies: names(&answer.policies), version, shadow });
    asked.facts.note(|known| known.verdict = Some(verdict));
}

/// The refusal: it names the policies that say why, and no others.
fn denied(answer: &Answer) -> Denial {
    let telling = answer.policies.iter().filter(|policy| policy.reason.is_some());
    let policies = telling.map(|policy| Arc::clone(&policy.id)).collect();
    Denial::PolicyDenied { policies, reason: answer.reason().cloned() }
}
