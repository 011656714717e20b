use bailiwick_domain::grant::{Budgets, Extent};
use bailiwick_domain::id::AgentId;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn grant(number: u128, end: i64) -> Grant {
    Grant {
        id: GrantId::from_bits(number),
        agent: AgentId::from_bits(1),
        person: None,
        parent: None,
        depth: 1,
        key: None,
        session: None,
        token: None,
        task: None,
        purpose: String::new(),
        extent: Extent::default(),
        budgets: Budgets::default(),
        expires_at: at(end),
        ended_at: None,
        ended_because: None,
        created_at: at(0),
    }
}

fn session(end: i64, ended_at: Option<Timestamp>) -> Session {
    Session {
        id: SessionId::from_bits(1),
        person: PersonId::from_bits(1),
        digest: [0; 32],
        authenticated_at: at(0),
        last_seen_at: at(0),
        expires_at: at(end),
        ended_at,
    }
}

fn held(grants: &Grants) -> [usize; 4] {
    let Grants { live, revoked, sessions, endings, .. } = grants;
    [live.size(), revoked.size(), sessions.size(), endings.size()]
}

#[test]
fn a_grant_is_found_until_it_ends_or_runs_out() {
    let mut grants = Grants::default();
    let id = GrantId::from_bits(7);
    assert!(grants.find(id, at(1)).is_none(), "what was never told of is not there");
    grants.put_grant(grant(7, 10));
    assert!(grants.find(id, at(9)).is_some() && grants.find(id, at(10)).is_none());
    grants.put_grant(grant(7, 20));
    assert!(grants.find(id, at(15)).is_some(), "it lasts longer than first said");
    grants.put_grant(grant(7, 20).end("taken back", at(3)));
    assert!(grants.find(id, at(3)).is_none());
    assert_eq!(held(&grants), [0; 4], "nothing of it is kept");
}

#[test]
fn what_has_run_out_is_dropped_and_nothing_else() {
    let mut grants = Grants::default();
    for number in 0..100 {
        let seconds = i64::try_from(number).unwrap();
        grants.put_grant(grant(number, seconds));
        let token = RevokedToken { id: TokenId::from_bits(number), expires_at: at(seconds) };
        grants.put_revoked(token);
        grants.put_revoked(token);
    }
    grants.put_grant(grant(3, 1_000));
    grants.put_session(&session(60, None));
    grants.forget(at(49));
    assert_eq!(held(&grants), [51, 50, 1, 102]);
    assert!(grants.is_revoked(TokenId::from_bits(50)));
    assert!(!grants.is_revoked(TokenId::from_bits(49)));
    grants.forget(at(99));
    assert_eq!(held(&grants), [1, 0, 0, 1], "the one that was made to last is left");
}

#[test]
fn two_are_alike_when_what_lasts_in_them_is() {
    let (mut known, mut stored) = (Grants::default(), Grants::default());
    known.put_grant(grant(1, 10));
    assert!(!known.is_like(&stored));
    stored.forget(at(10));
    assert!(known.is_like(&stored), "what has run out is not to be stored");
    known.put_grant(grant(2, 99));
    stored.put_grant(grant(2, 99));
    assert!(known.is_like(&stored) && stored.is_like(&known));
    known.put_grant(Grant { depth: 2, ..grant(2, 99) });
    assert!(!known.is_like(&stored), "as deep as it is");
    stored.put_grant(Grant { depth: 2, ..grant(2, 99) });
    stored.put_revoked(RevokedToken { id: TokenId::from_bits(1), expires_at: at(99) });
    assert!(!known.is_like(&stored) && !stored.is_like(&known));
}

#[test]
fn a_sign_in_holds_until_it_ends_and_a_person_until_blocked() {
    let (mut grants, id) = (Grants::default(), SessionId::from_bits(1));
    assert!(!grants.is_signed_in(id, at(1)));
    grants.put_session(&session(60, None));
    assert!(grants.is_signed_in(id, at(59)) && !grants.is_signed_in(id, at(60)));
    grants.put_session(&session(60, Some(at(5))));
    assert!(!grants.is_signed_in(id, at(5)));
    let person = PersonId::from_bits(1);
    assert!(!grants.is_blocked(person));
    grants.put_person(PersonState { id: person, state: Standing::Blocked });
    assert!(grants.is_blocked(person));
    grants.put_person(PersonState { id: person, state: Standing::Active });
    assert!(!grants.is_blocked(person));
}
