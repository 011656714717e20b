//! Which approvals are put before whom.

use bailiwick_domain::approval::{Approval, State};
use bailiwick_domain::id::{ApprovalId, PersonId};
use bailiwick_domain::ruling::Decider;
use bailiwick_store::Tx;
use bailiwick_store::referrals::Referral;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::people::way::Way;
use crate::referrals::hook::ApprovalWebhook;

/// The most people who are asked about one request at one provider.
const MOST_ASKED: usize = 8;

/// A way by which requests are put before people.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// A webhook.
    Hook(&'a ApprovalWebhook),
    /// A provider that asks them on their devices.
    Provider(&'a Way),
}

impl<'a> By<'a> {
    /// Every way that is configured.
    pub(super) fn every(authority: &'a Authority) -> impl Iterator<Item = Self> {
        let settings = &authority.settings;
        let hooks = settings.approval_webhooks.iter().map(Self::Hook);
        let providers = settings.sign_in.iter().filter(|way| way.approvals).map(Self::Provider);
        hooks.chain(providers)
    }

    /// What it is called in the store.
    pub(super) fn name(self) -> String {
        match self {
            Self::Hook(hook) => format!("webhook:{}", hook.name),
            Self::Provider(way) => format!("ciba:{}", way.name),
        }
    }

    fn referral(self, approval: ApprovalId, person: Option<PersonId>) -> Referral {
        let (way, interval_seconds) = (self.name(), 0);
        Referral { approval, way, person, tries: 0, interval_seconds, question: None }
    }
}

/// Puts what waits before those who were not asked yet.
pub(super) async fn refer(authority: &Authority, by: By<'_>) -> Result<(), Fault> {
    let now = authority.now();
    let mut tx = authority.store.read().await?;
    let fresh = tx.referrals().unreferred(&by.name(), now).await?;
    drop(tx);
    for id in fresh {
        let mut tx = authority.store.begin_append().await?;
        let people = match by {
            By::Hook(_) => vec![None],
            By::Provider(way) => asked(&mut tx, way, id).await?,
        };
        for person in &people {
            tx.referrals().insert(&by.referral(id, *person), Some(now)).await?;
        }
        if people.is_empty() {
            tracing::warn!(approval = %id, way = by.name(), "there is nobody to ask");
            tx.referrals().insert(&by.referral(id, None), None).await?;
        }
        tx.save().await?;
    }
    Ok(())
}

/// Those of a provider's people who may decide about this request, and can be named there.
async fn asked(tx: &mut Tx, way: &Way, id: ApprovalId) -> Result<Vec<Option<PersonId>>, Fault> {
    let approval = tx.approvals().find(id).await?;
    let Some(approval) = approval.filter(|it: &Approval| it.state == State::Pending) else {
        return Ok(Vec::new());
    };
    let people = tx.people().list().await?.into_iter();
    let able = people.filter(|person| {
        let theirs = approval.told.involves(&Decider::from(person));
        person.issuer == way.issuer && person.decides() && person.email.is_some() && !theirs
    });
    Ok(able.take(MOST_ASKED).map(|person| Some(person.id)).collect())
}
