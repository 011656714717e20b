use super::*;
use crate::id::OperatorId;
use crate::ruling::Channel;

pub(crate) fn bound() -> Bound {
    Bound {
        agent: AgentId::from_bits(1),
        chain: Vec::new(),
        method: "POST".to_owned(),
        authority: "a".to_owned(),
        target: "/refunds".to_owned(),
        target_digest: [2; 32],
        body: [1; 32],
        operation: "acme POST /refunds".to_owned(),
        policy: "v1".to_owned(),
    }
}

pub(crate) fn pending() -> Approval {
    Approval {
        id: ApprovalId::from_bits(1),
        bound: bound(),
        told: Told {
            agent: "refunder".to_owned(),
            project: "default".to_owned(),
            owner: "Ada@acme.example".to_owned(),
            person: Some(PersonId::from_bits(7)),
            task: None,
            purpose: "refunds".to_owned(),
            sensitivity: "internal".to_owned(),
            because: "its description".to_owned(),
            body_bytes: 2,
            content_type: None,
            record: RecordId::from_bits(1),
        },
        approvers: 1,
        state: State::Pending,
        decisions: Vec::new(),
        asked_at: Timestamp::from_seconds(0),
        expires_at: Timestamp::from_seconds(PENDING_SECONDS),
        used_at: None,
    }
}

/// One that so many people have approved.
pub(crate) fn approved(by: u8) -> Approval {
    let mut approval = Approval { approvers: by, ..pending() };
    for number in 0..by {
        let by = person(100 + u128::from(number), "Bea", None);
        approval = approval.decide(&by, ruling(Verdict::Approve), Timestamp::default()).unwrap();
    }
    approval
}

fn person(number: u128, name: &str, email: Option<&str>) -> Decider {
    let (name, email) = (name.to_owned(), email.map(str::to_owned));
    Decider::Person { id: PersonId::from_bits(number), name, email }
}

fn ruling(verdict: Verdict) -> Ruling {
    Ruling { verdict, reason: Some("seen".to_owned()), channel: Channel::Api }
}

fn check(approval: Approval, by: &Decider, at: i64, expected: Result<State, Undecidable>) {
    let now = Timestamp::from_seconds(at);
    let decided = approval.decide(by, ruling(Verdict::Approve), now);
    assert_eq!(decided.map(|it| it.state), expected, "{by:?} at {at}");
}

#[test]
fn whoever_asks_never_decides() {
    let involved = Err(Undecidable::Involved);
    check(pending(), &person(7, "Bea", None), 0, involved);
    check(pending(), &person(8, "Ada", Some("ada@ACME.example")), 0, involved);
    check(pending(), &person(8, " ada@acme.example ", None), 0, involved);
    let token =
        |name: &str| Decider::Operator { id: OperatorId::from_bits(1), name: name.to_owned() };
    check(pending(), &token("ADA@acme.example"), 0, involved);
    check(pending(), &token("first"), 0, Ok(State::Approved));
    check(pending(), &person(8, "Ada", Some("ada@other.example")), 0, Ok(State::Approved));
}

#[test]
fn it_is_decided_in_time_or_not_at_all() {
    let by = person(8, "Bea", None);
    check(pending(), &by, PENDING_SECONDS - 1, Ok(State::Approved));
    check(pending(), &by, PENDING_SECONDS, Err(Undecidable::Closed(State::Expired)));
    check(approved(1), &by, 0, Err(Undecidable::Closed(State::Approved)));
    let used = Approval { state: State::Used, ..approved(1) };
    check(used, &by, 0, Err(Undecidable::Closed(State::Used)));
}

#[test]
fn two_people_are_two_and_one_refuses_for_all() {
    let two = || Approval { approvers: 2, ..pending() };
    let (bea, cem) = (person(8, "Bea", None), person(9, "Cem", None));
    let now = Timestamp::from_seconds(1);
    let once = two().decide(&bea, ruling(Verdict::Approve), now).unwrap();
    assert_eq!((once.state, once.expires_at), (State::Pending, two().expires_at));
    check(once.clone(), &bea, 2, Err(Undecidable::Twice));
    let twice = once.clone().decide(&cem, ruling(Verdict::Approve), now).unwrap();
    assert_eq!((twice.state, twice.expires_at), (State::Approved, now.plus_seconds(USE_SECONDS)));
    let refused = once.decide(&cem, ruling(Verdict::Deny), now).unwrap();
    assert_eq!((refused.state, refused.refused_because()), (State::Denied, Some("seen")));
    check(refused, &person(10, "Dan", None), 2, Err(Undecidable::Closed(State::Denied)));
}

#[test]
fn an_approval_ends_by_time() {
    let approval = approved(1);
    let end = Timestamp::from_seconds(USE_SECONDS);
    assert_eq!(approval.state_at(end.plus_millis(-1)), State::Approved);
    assert_eq!(approval.state_at(end), State::Expired);
    let used = Approval { state: State::Used, ..approval };
    assert_eq!(used.state_at(end), State::Used);
}

#[test]
fn words_read_back() {
    for state in State::ALL {
        assert_eq!(state.to_string().parse(), Ok(state));
    }
    for verdict in [Verdict::Approve, Verdict::Deny] {
        assert_eq!(verdict.as_str().parse(), Ok(verdict));
    }
    for channel in [Channel::Api, Channel::Page] {
        assert_eq!(channel.as_str().parse(), Ok(channel));
    }
    assert!("".parse::<State>().is_err() && "yes".parse::<Verdict>().is_err());
    assert!("mail".parse::<Channel>().is_err());
}
