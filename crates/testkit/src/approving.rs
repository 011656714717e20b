//! What agents ask people for, and what people decide, in a test's world.

use bailiwick_domain::approval::{Approval, Undecidable};
use bailiwick_domain::id::{ApprovalId, PersonId};
use bailiwick_domain::ruling::{Channel, Decider, Ruling, Verdict};
use bailiwick_store::approvals::Filter;

use crate::ask::Ask;
use crate::raw::Reply;
use crate::world::World;

/// The approval that an answer names.
pub fn approval_of(reply: &Reply) -> ApprovalId {
    let told = reply.json();
    told.pointer("/approval/id").and_then(|id| id.as_str()).unwrap().parse().unwrap()
}

impl World {
    /// The approval that a request is put before people with.
    pub async fn asked_for(&self, ask: &Ask) -> ApprovalId {
        let reply = self.send(ask).await;
        assert_eq!(reply.verdict(), "202 approval_pending");
        approval_of(&reply)
    }

    /// An approval as it is kept.
    pub async fn approval(&self, id: ApprovalId) -> Approval {
        let found = self.store.read().await.unwrap().approvals().find(id).await;
        found.unwrap().unwrap()
    }

    /// Every approval there is, newest first.
    pub async fn approvals(&self) -> Vec<Approval> {
        let mut tx = self.store.read().await.unwrap();
        tx.approvals().list(Filter::default(), self.hands.now(), 1_000).await.unwrap()
    }

    /// What people are shown of a body.
    pub async fn shown(&self, id: ApprovalId) -> Option<String> {
        let sealed = self.store.read().await.unwrap().approvals().body(id).await.unwrap()?;
        let opened = self.sealer.open(&sealed, &id.sealed_for()).unwrap();
        Some(String::from_utf8(opened.to_vec()).unwrap())
    }

    /// Decides as the person of this number.
    pub async fn decide(&self, id: ApprovalId, person: u128, verdict: Verdict) {
        self.try_to_decide(id, person, verdict).await.unwrap();
    }

    /// The same where it may be refused.
    pub async fn try_to_decide(
        &self,
        id: ApprovalId,
        person: u128,
        verdict: Verdict,
    ) -> Result<(), Undecidable> {
        let (name, email) = (format!("person {person}"), None);
        let by = Decider::Person { id: PersonId::from_bits(person), name, email };
        let reason = Some("not without a ticket".to_owned());
        let ruling = Ruling { verdict, reason, channel: Channel::Api };
        let mut tx = self.store.begin().await.unwrap();
        let approval = tx.approvals().find(id).await.unwrap().unwrap();
        let decided = approval.decide(&by, ruling, self.hands.now())?;
        assert!(tx.approvals().decide(&decided).await.unwrap());
        tx.save().await.unwrap();
        Ok(())
    }
}
