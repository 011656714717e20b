//! Approvals: kept whole, decided once, used once, and forgotten in time.

use bailiwick_domain::approval::{Approval, Bound, KEPT_DAYS, PENDING_SECONDS, State, Told};
use bailiwick_domain::id::{AgentId, ApprovalId, PersonId, RecordId, TaskId};
use bailiwick_domain::ruling::{Channel, Decider, Ruling, Verdict};
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_store::Store;
use bailiwick_store::approvals::{Filter, Inbox};
use bailiwick_store::referrals::Referral;

use crate::place::{Place, on_both};
use crate::samples::{agent, at};

fn approval(id: u128, asked_at: Timestamp) -> Approval {
    Approval {
        id: ApprovalId::from_bits(id),
        bound: Bound {
            agent: AgentId::from_bits(1),
            chain: vec!["psn_1".into(), "spiffe://a/b".into()],
            method: "POST".into(),
            authority: "a".into(),
            target: "/refunds?x=\"1\"".into(),
            target_digest: [8; 32],
            body: [7; 32],
            operation: "acme POST /refunds".into(),
            policy: "v1".into(),
        },
        told: Told {
            agent: "agent-1".into(),
            project: "default".into(),
            owner: "support".into(),
            person: Some(PersonId::from_bits(1)),
            task: Some(TaskId::from_bits(2)),
            purpose: "refunds".into(),
            sensitivity: "internal".into(),
            because: "always".into(),
            body_bytes: 12,
            content_type: Some("text/plain".into()),
            record: RecordId::from_bits(3),
        },
        approvers: 1,
        state: State::Pending,
        decisions: Vec::new(),
        asked_at,
        expires_at: asked_at.plus_seconds(PENDING_SECONDS),
        used_at: None,
    }
}

fn decided(approval: Approval, by: u128, verdict: Verdict, now: Timestamp) -> Approval {
    let by = Decider::Person { id: PersonId::from_bits(by), name: "Bea".into(), email: None };
    let ruling = Ruling { verdict, reason: Some("seen".into()), channel: Channel::Page };
    approval.decide(&by, ruling, now).unwrap()
}

async fn with(place: &Place, approvals: &[Approval]) -> Store {
    let store = place.open().await;
    let mut tx = store.begin().await.unwrap();
    tx.agents().insert(&agent(1)).await.unwrap();
    for approval in approvals {
        tx.approvals().insert(approval, Some(b"sealed")).await.unwrap();
    }
    tx.save().await.unwrap();
    store
}

async fn find(store: &Store, id: u128) -> Option<Approval> {
    store.read().await.unwrap().approvals().find(ApprovalId::from_bits(id)).await.unwrap()
}

async fn body(store: &Store, id: u128) -> Option<Vec<u8>> {
    store.read().await.unwrap().approvals().body(ApprovalId::from_bits(id)).await.unwrap()
}

async fn decide(store: &Store, approval: &Approval) -> bool {
    let mut tx = store.begin().await.unwrap();
    let done = tx.approvals().decide(approval).await.unwrap();
    tx.save().await.unwrap();
    done
}

async fn take(store: &Store, id: u128, now: Timestamp) -> bool {
    let mut tx = store.begin_append().await.unwrap();
    let taken = tx.approvals().take(ApprovalId::from_bits(id), now).await.unwrap();
    tx.save().await.unwrap();
    taken
}

#[tokio::test]
async fn an_approval_reads_back_decided_once_and_used_once() {
    on_both(async |place| {
        let whole = Approval { approvers: 2, ..approval(5, at(1)) };
        let mut plain = approval(6, at(1));
        plain.told = Told { person: None, task: None, content_type: None, ..plain.told };
        plain.bound.chain.clear();
        let store = with(place, &[whole.clone(), plain.clone()]).await;
        assert_eq!(find(&store, 5).await, Some(whole.clone()));
        assert_eq!(find(&store, 6).await, Some(plain));
        assert_eq!(find(&store, 7).await, None);
        assert_eq!(body(&store, 5).await.as_deref(), Some(&b"sealed"[..]));
        assert!(!take(&store, 5, at(2)).await, "it waits");
        let once = decided(whole, 8, Verdict::Approve, at(2));
        assert!(decide(&store, &once).await);
        let twice = decided(once.clone(), 9, Verdict::Approve, at(3));
        assert!(decide(&store, &twice).await);
        assert!(!decide(&store, &twice).await, "it does not wait any more");
        assert_eq!(find(&store, 5).await, Some(twice.clone()));
        assert!(!take(&store, 5, twice.expires_at).await, "too late");
        assert!(take(&store, 5, at(4)).await);
        assert!(!take(&store, 5, at(4)).await);
        let used = find(&store, 5).await.unwrap();
        assert_eq!((used.state, used.used_at), (State::Used, Some(at(4))));
        assert_eq!(body(&store, 5).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_or_is_over_loses_its_body_and_what_is_old_is_forgotten() {
    on_both(async |place| {
        let store = with(place, &[approval(5, at(1)), approval(6, at(1))]).await;
        let denied = decided(approval(5, at(1)), 8, Verdict::Deny, at(2));
        assert!(decide(&store, &denied).await);
        assert_eq!((body(&store, 5).await, find(&store, 5).await), (None, Some(denied)));
        let sweep = async |now: Timestamp| {
            let is_due = store.read().await.unwrap().approvals().has_over(now).await.unwrap();
            let mut tx = store.begin_append().await.unwrap();
            tx.approvals().sweep(now).await.unwrap();
            tx.save().await.unwrap();
            is_due
        };
        let end = approval(6, at(1)).expires_at;
        assert!(!sweep(end.plus_millis(-1)).await);
        assert!(body(&store, 6).await.is_some());
        assert!(sweep(end).await && !sweep(end).await);
        assert_eq!(find(&store, 6).await.unwrap().state, State::Expired);
        assert_eq!(body(&store, 6).await, None);
        let old = at(1).plus_seconds(KEPT_DAYS * 86_400);
        assert!(!sweep(old.plus_millis(-1)).await);
        assert!(sweep(old).await);
        assert_eq!((find(&store, 5).await, find(&store, 6).await), (None, None));
    })
    .await;
}

#[tokio::test]
async fn an_inbox_counts_what_waits_and_what_is_new() {
    on_both(async |place| {
        let all = [approval(5, at(0)), approval(6, at(50_000)), approval(7, at(70_000))];
        let store = with(place, &all).await;
        let denied = decided(all[1].clone(), 8, Verdict::Deny, at(60_000));
        assert!(decide(&store, &denied).await);
        let inbox = async |agent: u128, now: i64| {
            let mut tx = store.read().await.unwrap();
            tx.approvals().inbox(AgentId::from_bits(agent), at(now)).await.unwrap()
        };
        let found = inbox(1, 80_000).await;
        let (frees_at, first_at) = (Some(all[0].expires_at), Some(at(50_000)));
        assert_eq!(found, Inbox { pending: 2, frees_at, recent: 2, first_at });
        let none = Inbox { pending: 0, frees_at: None, recent: 0, first_at: None };
        assert_eq!(inbox(2, 80_000).await, none);
        assert_eq!(inbox(1, 10_000_000).await, none);
    })
    .await;
}

#[tokio::test]
async fn approvals_are_found_by_request_and_by_where_they_stand() {
    on_both(async |place| {
        let mut other = approval(6, at(1));
        other.bound.target_digest = [9; 32];
        let store = with(place, &[approval(5, at(1)), other, approval(7, at(1))]).await;
        let denied = decided(approval(7, at(1)), 8, Verdict::Deny, at(2));
        assert!(decide(&store, &denied).await);
        let mut tx = store.read().await.unwrap();
        let wanted = approval(0, at(1)).bound;
        let live = tx.approvals().live_like(&wanted, at(3)).await.unwrap();
        assert_eq!(live, [approval(5, at(1)), denied.clone()]);
        let end = approval(5, at(1)).expires_at;
        assert!(tx.approvals().live_like(&wanted, end).await.unwrap().is_empty());
        let mut list = async |filter: Filter, now: Timestamp, most: u32| {
            let found = tx.approvals().list(filter, now, most).await.unwrap();
            found.iter().map(|it| it.id.bits()).collect::<Vec<_>>()
        };
        let stands = |state| Filter { state: Some(state), ..Filter::default() };
        assert_eq!(list(Filter::default(), at(3), 9).await, [7, 6, 5]);
        assert_eq!(list(stands(State::Pending), at(3), 9).await, [6, 5]);
        assert_eq!(list(stands(State::Pending), at(3), 1).await, [6]);
        assert_eq!(list(stands(State::Denied), at(3), 9).await, [7]);
        assert_eq!(list(stands(State::Pending), end, 9).await, [0_u128; 0]);
        assert_eq!(list(stands(State::Expired), end, 9).await, [6, 5]);
        let before = Filter { before: Some(ApprovalId::from_bits(6)), ..Filter::default() };
        assert_eq!(list(before, at(3), 9).await, [5]);
        let others = Filter { agent: Some(AgentId::from_bits(2)), ..Filter::default() };
        assert_eq!(list(others, at(3), 9).await, [0_u128; 0]);
    })
    .await;
}

#[tokio::test]
async fn whoever_follows_hears_of_decisions_and_of_nothing_else() {
    on_both(async |place| {
        let store = with(place, &[approval(5, at(1)), approval(6, at(1))]).await;
        let (first, mut feed) = store.follow(&Clock::new(|| at(9))).await.unwrap();
        assert!(first.decided.is_empty());
        feed.applied(first.number);
        let approved = decided(approval(5, at(1)), 8, Verdict::Approve, at(2));
        let mut tx = store.begin().await.unwrap();
        assert!(tx.approvals().decide(&approved).await.unwrap());
        let (saved, heard) = tokio::join!(tx.save(), async {
            let changes = feed.next().await.unwrap();
            feed.applied(changes.number);
            changes
        });
        saved.unwrap();
        assert_eq!(heard.decided, [ApprovalId::from_bits(5)]);
        assert!(take(&store, 5, at(3)).await);
        let whole = feed.whole().await.unwrap();
        assert!(whole.decided.is_empty(), "nobody waits for what was decided long ago");
    })
    .await;
}

fn referral(id: u128, person: Option<u128>) -> Referral {
    Referral {
        approval: ApprovalId::from_bits(id),
        way: "webhook:desk".into(),
        person: person.map(PersonId::from_bits),
        tries: 0,
        interval_seconds: 0,
        question: None,
    }
}

#[tokio::test]
async fn an_approval_is_put_before_somebody_once_and_seen_to_by_one() {
    on_both(async |place| {
        let store = with(place, &[approval(1, at(0)), approval(2, at(0))]).await;
        let mut tx = store.begin_append().await.unwrap();
        let fresh = tx.referrals().unreferred("webhook:desk", at(1)).await.unwrap();
        assert_eq!(fresh.len(), 2);
        for person in [None, Some(1)] {
            tx.referrals().insert(&referral(1, person), Some(at(1))).await.unwrap();
            tx.referrals().insert(&referral(1, person), Some(at(0))).await.unwrap();
        }
        let fresh = tx.referrals().unreferred("webhook:desk", at(1)).await.unwrap();
        assert_eq!(fresh, [ApprovalId::from_bits(2)]);
        assert_eq!(tx.referrals().unreferred("ciba:acme", at(1)).await.unwrap().len(), 2);
        let over = approval(1, at(0)).expires_at;
        assert!(tx.referrals().unreferred("ciba:acme", over).await.unwrap().is_empty());
        assert!(tx.referrals().due(at(0)).await.unwrap().is_empty());
        assert_eq!(tx.referrals().due(at(1)).await.unwrap().len(), 2);
        let one = referral(1, Some(1));
        assert!(tx.referrals().claim(&one, at(1), at(31)).await.unwrap());
        assert!(!tx.referrals().claim(&one, at(1), at(31)).await.unwrap());
        let question = Some(b"q".to_vec());
        let asked = Referral { tries: 1, interval_seconds: 5, question, ..one };
        tx.referrals().keep(&asked, Some(at(6))).await.unwrap();
        tx.referrals().keep(&referral(1, None), None).await.unwrap();
        assert_eq!(tx.referrals().due(at(6)).await.unwrap(), [asked]);
        let old = at(0).plus_seconds(KEPT_DAYS * 86_400);
        tx.approvals().sweep(old).await.unwrap();
        assert!(tx.referrals().due(old).await.unwrap().is_empty());
        tx.save().await.unwrap();
    })
    .await;
}
