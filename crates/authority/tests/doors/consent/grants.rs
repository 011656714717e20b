//! `/me/grants`: what a person has granted, what was done with it, and taking it back.

use bailiwick_domain::agent::Kind;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::{AgentId, GrantId, PersonId, RecordId};
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::entry::{AgentEntry, Closing, Decided, DelegationEntry, Labels, Opening};
use bailiwick_store::journal::{Durability, Journal};

use crate::consent::flow::{Browser, Client, claims, hidden};
use crate::ledger::opening;
use crate::world::{Answer, World};

#[tokio::test]
async fn a_person_sees_what_they_granted_and_takes_it_back() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let other = Browser::sign_in(&world, "tom").await;
    let tokens = client.offline(&world, &browser).await;
    let page = browser.get(&world, "/me/grants").await;
    let text = String::from_utf8_lossy(&page.body);
    assert!(text.contains("refunds: send or create /refunds (POST)"), "{text}");
    assert!(text.contains("2027-01-15T08:00:00.000Z"), "{text}");
    let theirs = other.get(&world, "/me/grants").await;
    assert!(String::from_utf8_lossy(&theirs.body).contains("No agent may act for you."));
    let grant = hidden(&page, "grant");
    let form_token = hidden(&page, "form_token");
    // Somebody else's is not there, and a form of another site does nothing.
    let own = [("form_token", &*form_token), ("grant", &*grant)];
    assert_eq!(other.post(&world, "/me/grants/end", &own).await.status.as_u16(), 403);
    let foreign = hidden(&theirs, "form_token");
    let stolen = [("form_token", &*foreign), ("grant", &*grant)];
    assert_eq!(other.post(&world, "/me/grants/end", &stolen).await.status.as_u16(), 404);
    client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await.ok(200);
    let ended = browser.post(&world, "/me/grants/end", &own).await;
    assert_eq!(ended.headers["location"], "/me/grants");
    let refreshed = client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await;
    refreshed.refused(400, "invalid_grant");
    let page = browser.get(&world, "/me/grants").await;
    assert!(String::from_utf8_lossy(&page.body).contains("the person took it back"));
}

#[tokio::test]
async fn nobody_sees_it_who_is_not_signed_in() {
    let world = World::new().await;
    let answer = world.get("/me/grants").await;
    assert_eq!(answer.headers["location"], "/sign-in?return_to=%2Fme%2Fgrants");
}

/// What the requests of a journal are said of: by which agent, by which grant, for whom.
struct Said<'a> {
    agent: &'a str,
    grant: GrantId,
    person: PersonId,
    operation: &'a str,
}

fn journal(world: &World, said: &[Said<'_>]) {
    let journal = Journal::create(&world.journal_dir, "test", Durability::Process).unwrap();
    for Said { agent, grant, person, operation } in said {
        let time = Timestamp::from_seconds(world.now());
        let person = person.to_string();
        let delegation = DelegationEntry {
            grant: Some(*grant),
            on_behalf_of: Some(&person),
            ..DelegationEntry::default()
        };
        let agent = AgentEntry {
            id: AgentId::from_bits(7),
            name: agent,
            project: "default",
            owner: "support",
            kind: Kind::Autonomous,
        };
        let opening = Opening {
            delegation,
            operation: Some(operation),
            api: Some("refunds"),
            ..opening(time, Some(agent))
        };
        let denied = operation.starts_with("DELETE");
        let closing = Closing {
            outcome: if denied { Outcome::Denied } else { Outcome::Allowed },
            code: denied.then_some("scope_missing"),
            decided: Decided::default(),
            status: Some(if denied { 403 } else { 201 }),
            request: None,
            response: None,
            labels: Labels::default(),
            duration_us: 7,
        };
        let id = RecordId::fresh(time, &world.entropy);
        journal.whole(id, &opening, &closing).unwrap();
    }
}

fn text(answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The grant that a person gave, and one that its agent made out of it for another.
async fn granted(world: &World, name: &str) -> (Browser, GrantId, GrantId) {
    let (client, browser) =
        (Client::public(world, &format!("a-{name}")).await, Browser::sign_in(world, name).await);
    let tokens = client.offline(world, &browser).await;
    let id: GrantId = claims(&tokens)["grant"].as_str().unwrap().parse().unwrap();
    let helper = world.enroll(&format!("helper-{name}")).await;
    let mut tx = world.store.begin().await.unwrap();
    let above = tx.grants().find(id).await.unwrap().unwrap();
    let now = Timestamp::from_seconds(world.now());
    let below = Grant {
        id: GrantId::fresh(now, &world.entropy),
        parent: Some(id),
        agent: helper.id.parse().unwrap(),
        ..above
    };
    tx.grants().insert(&below).await.unwrap();
    tx.save().await.unwrap();
    (browser, id, below.id)
}

#[tokio::test]
async fn a_person_sees_what_was_done_with_what_they_granted_and_nothing_of_others() {
    let world = World::new().await;
    let (zoe, hers, below) = granted(&world, "zoe").await;
    let (tom, his, _) = granted(&world, "tom").await;
    let page = text(&zoe.get(&world, &format!("/me/grants/{hers}")).await);
    assert!(page.contains("nothing yet"), "{page}");
    let said = |agent, grant, person, operation| Said { agent, grant, person, operation };
    journal(
        &world,
        &[
            said("a-zoe", hers, zoe.person, "POST /refunds"),
            said("helper-zoe", below, zoe.person, "GET /refunds/{id}"),
            said("helper-zoe", below, zoe.person, "DELETE /refunds"),
            said("a-tom", his, tom.person, "PUT /secret-of-tom"),
            said("a-tom", hers, tom.person, "PATCH /not-of-zoe"),
        ],
    );
    let list = text(&zoe.get(&world, "/me/grants").await);
    let own = text(&zoe.get(&world, &format!("/me/grants/{hers}")).await);
    for page in [&list, &own] {
        assert!(page.contains("3 allowed, 1 denied"), "{page}");
        for seen in ["POST /refunds", "GET /refunds/{id}", "helper-zoe", "denied: scope_missing"] {
            assert!(page.contains(seen), "{seen}: {page}");
        }
        assert!(page.contains("2027-01-15 08:00:00 UTC") && page.contains("403"), "{page}");
        assert!(!page.contains("secret-of-tom") && !page.contains("not-of-zoe"), "{page}");
    }
    // What was let on is a page of its own, with what was done below it alone.
    let part = text(&zoe.get(&world, &format!("/me/grants/{below}")).await);
    assert!(part.contains("1 allowed, 1 denied") && !part.contains("POST /refunds"), "{part}");
    // Nobody else's page is there.
    for other in [hers, below] {
        let refused = tom.get(&world, &format!("/me/grants/{other}")).await;
        assert_eq!(refused.status.as_u16(), 404);
    }
    let theirs = text(&tom.get(&world, "/me/grants").await);
    assert!(theirs.contains("secret-of-tom") && !theirs.contains("helper-zoe"), "{theirs}");
    for nothing in ["x", "grt_00000000000000000000000000", &format!("{hers}?after=x")] {
        let refused = zoe.get(&world, &format!("/me/grants/{nothing}")).await;
        assert_eq!(refused.status.as_u16(), 404, "{nothing}");
    }
}

#[tokio::test]
async fn what_was_done_is_shown_a_page_at_a_time_also_once_the_grant_has_ended() {
    let world = World::new().await;
    let (zoe, hers, _) = granted(&world, "zoe").await;
    let names: Vec<String> = (0..60).map(|number| format!("GET /refunds/{number:03}")).collect();
    let of = |name| Said { agent: "a-zoe", grant: hers, person: zoe.person, operation: name };
    journal(&world, &names.iter().map(|name| of(name)).collect::<Vec<_>>());
    let page = zoe.get(&world, "/me/grants").await;
    let form = [("form_token", &*hidden(&page, "form_token")), ("grant", &hers.to_string())];
    zoe.post(&world, "/me/grants/end", &form).await;
    let first = text(&zoe.get(&world, &format!("/me/grants/{hers}")).await);
    assert!(first.contains("It has ended: the person took it back."), "{first}");
    assert!(first.contains("GET /refunds/059") && first.contains("GET /refunds/010"), "{first}");
    assert!(!first.contains("GET /refunds/009"), "{first}");
    let next = format!("/me/grants/{hers}?after=10");
    assert!(first.contains(&next), "{first}");
    let second = text(&zoe.get(&world, &next).await);
    assert!(second.contains("GET /refunds/009") && second.contains("GET /refunds/000"));
    assert!(!second.contains("GET /refunds/010") && !second.contains(">Older<"), "{second}");
}
