//! Each thing that is kept: it comes back as it went in, and what must be unique is.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::{Key, KeyState};
use bailiwick_domain::id::{AgentId, InviteId, KeyId, ProjectId};
use bailiwick_domain::invite::Invite;
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_domain::project::{Project, Registration};
use bailiwick_store::{Fault, Store};

use crate::place::{Place, on_both};
use crate::samples::{
    agent, at, digest, every_kind, invite, key, project, root, shared_key, trusted_issuer,
    whole_agent,
};

async fn with_agents(place: &Place, agents: &[Agent]) -> Store {
    let store = place.open().await;
    let mut tx = store.begin().await.unwrap();
    tx.projects().insert(&project("billing")).await.unwrap();
    for agent in agents {
        tx.agents().insert(agent).await.unwrap();
    }
    tx.save().await.unwrap();
    store
}

async fn insert_agent(store: &Store, agent: &Agent) -> Result<(), Fault> {
    let mut tx = store.begin().await?;
    tx.agents().insert(agent).await?;
    tx.save().await.map(drop)
}

async fn insert_key(store: &Store, key: &Key) -> Result<(), Fault> {
    let mut tx = store.begin().await?;
    tx.keys().insert(key).await?;
    tx.save().await.map(drop)
}

#[tokio::test]
async fn an_agent_comes_back_as_it_went_in() {
    on_both(async |place| {
        let store = with_agents(place, &[agent(1), whole_agent(2)]).await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.agents().find(AgentId::from_bits(1)).await.unwrap(), Some(agent(1)));
        assert_eq!(tx.agents().find(AgentId::from_bits(2)).await.unwrap(), Some(whole_agent(2)));
        assert_eq!(tx.agents().find(AgentId::from_bits(3)).await.unwrap(), None);
        let changed = Agent { id: AgentId::from_bits(1), ..whole_agent(9) };
        assert!(tx.agents().update(&changed).await.unwrap());
        assert!(!tx.agents().update(&agent(3)).await.unwrap());
        assert_eq!(tx.agents().find(changed.id).await.unwrap(), Some(changed));
    })
    .await;
}

#[tokio::test]
async fn agents_are_found_by_name_and_listed_by_project() {
    on_both(async |place| {
        let elsewhere = Agent { project: "billing".parse().unwrap(), ..agent(1) };
        let elsewhere = Agent { id: AgentId::from_bits(7), ..elsewhere };
        let store = with_agents(place, &[agent(2), agent(1), elsewhere.clone()]).await;
        let mut tx = store.read().await.unwrap();
        let (name, here) = (&agent(1).name, &agent(1).project);
        assert_eq!(tx.agents().find_named(here, name).await.unwrap(), Some(agent(1)));
        let there = tx.agents().find_named(&elsewhere.project, name).await.unwrap();
        assert_eq!(there.as_ref(), Some(&elsewhere));
        assert_eq!(tx.agents().find_named(name, here).await.unwrap(), None);
        assert_eq!(tx.agents().list(Some(here)).await.unwrap(), [agent(1), agent(2)]);
        assert_eq!(tx.agents().list(None).await.unwrap(), [elsewhere, agent(1), agent(2)]);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_project_even_by_the_retired() {
    on_both(async |place| {
        let retired = Agent { state: State::Retired, ..agent(1) };
        let store = with_agents(place, &[retired, agent(2)]).await;
        let named = |id, like: u128| Agent { id: AgentId::from_bits(id), ..agent(like) };
        for taken in [named(3, 1), named(3, 2)] {
            let inserted = insert_agent(&store, &taken).await;
            assert!(matches!(inserted, Err(Fault::Conflict("the agent's name"))), "{inserted:?}");
        }
        let mut tx = store.begin().await.unwrap();
        let renamed = tx.agents().update(&named(2, 1)).await;
        assert!(matches!(renamed, Err(Fault::Conflict(_))), "{renamed:?}");
        drop(tx);
        let elsewhere = Agent { project: "billing".parse().unwrap(), ..named(3, 1) };
        insert_agent(&store, &elsewhere).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_name_that_looks_like_another_is_taken_too() {
    on_both(async |place| {
        let called = |id, name: &str| Agent { name: name.parse().unwrap(), ..agent(id) };
        let store = with_agents(place, &[called(1, "billing")]).await;
        let inserted = insert_agent(&store, &called(2, "bi11-ing")).await;
        assert!(matches!(inserted, Err(Fault::Conflict("the agent's name"))), "{inserted:?}");
        let mut tx = store.read().await.unwrap();
        let (here, alike) = (&agent(1).project, "b-illlng".parse().unwrap());
        let found = tx.agents().find_alike(here, &alike).await.unwrap();
        assert_eq!(found, Some(called(1, "billing")));
        assert_eq!(tx.agents().find_named(here, &alike).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_refused_agent_is_kept_and_its_name_is_free() {
    on_both(async |place| {
        let pending = Agent { state: State::Pending, ..agent(1) };
        let store = with_agents(place, std::slice::from_ref(&pending)).await;
        let refused = pending.refuse("who?".into(), at(9)).unwrap();
        let mut tx = store.begin().await.unwrap();
        assert!(tx.agents().update(&refused).await.unwrap());
        tx.save().await.unwrap();
        let again = Agent { id: AgentId::from_bits(2), ..agent(1) };
        insert_agent(&store, &again).await.unwrap();
        let mut tx = store.read().await.unwrap();
        assert_eq!(tx.agents().find(refused.id).await.unwrap(), Some(refused));
        let holder = tx.agents().find_named(&again.project, &again.name).await.unwrap();
        assert_eq!(holder, Some(again));
    })
    .await;
}

#[tokio::test]
async fn those_who_wait_are_counted_by_project_and_age() {
    on_both(async |place| {
        let waiting =
            |id, created| Agent { state: State::Pending, created_at: at(created), ..agent(id) };
        let elsewhere = Agent { project: "billing".parse().unwrap(), ..waiting(4, 50) };
        let agents = [agent(1), waiting(2, 10), waiting(3, 50), elsewhere];
        let store = with_agents(place, &agents).await;
        let mut tx = store.read().await.unwrap();
        for (project, since, expected) in
            [("default", 0, 2), ("default", 10, 1), ("default", 50, 0), ("billing", 0, 1)]
        {
            let project = project.parse().unwrap();
            let counted = tx.agents().count_pending(&project, at(since)).await.unwrap();
            assert_eq!(counted, expected, "{project} {since}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_project_comes_back_as_it_went_in_and_its_name_is_taken() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut projects = tx.projects();
        projects.insert(&project("billing")).await.unwrap();
        let (id, name) = (project("billing").id, project("billing").name);
        assert_eq!(projects.find(id).await.unwrap(), Some(project("billing")));
        assert_eq!(projects.find_named(&name).await.unwrap(), Some(project("billing")));
        assert_eq!(projects.find_named(&"other".parse().unwrap()).await.unwrap(), None);
        let changed = Project { registration: Registration::Open, ..project("billing") };
        assert!(projects.update(&changed).await.unwrap());
        assert!(!projects.update(&project("other")).await.unwrap());
        let names: Vec<_> = projects.list().await.unwrap();
        let names: Vec<_> = names.iter().map(|it| (it.name.as_str(), it.registration)).collect();
        assert_eq!(names, [("billing", Registration::Open), ("default", Registration::Invite)]);
        let again = Project { id: ProjectId::from_bits(9), ..project("billing") };
        assert!(matches!(
            projects.insert(&again).await,
            Err(Fault::Conflict("the project's name"))
        ));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_kept_in_a_project_that_is_not_there() {
    on_both(async |place| {
        let store = place.open().await;
        let agent = Agent { project: "billing".parse().unwrap(), ..agent(1) };
        assert!(matches!(insert_agent(&store, &agent).await, Err(Fault::Unavailable(_))));
        let invite = Invite { project: "billing".parse().unwrap(), ..invite(1, 1) };
        let mut tx = store.begin().await.unwrap();
        let inserted = tx.invites().insert(&invite).await;
        assert!(matches!(inserted, Err(Fault::Unavailable(_))), "{inserted:?}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_back_is_corrupt() {
    for spoiling in [
        "UPDATE agents SET scopes = 'Not A Scope!'",
        "UPDATE agents SET kind = 'robot'",
        "UPDATE agents SET state = ''",
        "UPDATE agents SET rate = 'often'",
        "UPDATE agents SET networks = '10.0.0.0/33'",
        "UPDATE agents SET name = 'A'",
    ] {
        on_both(async |place| {
            let store = with_agents(place, &[agent(1)]).await;
            let mut tx = store.begin().await.unwrap();
            tx.execute(spoiling, []).await.unwrap();
            let found = tx.agents().find(AgentId::from_bits(1)).await;
            assert!(matches!(found, Err(Fault::Corrupt(_))), "{spoiling}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_key_comes_back_as_it_went_in() {
    on_both(async |place| {
        let store = with_agents(place, &[agent(1), agent(2)]).await;
        for key in every_kind(1, 1).into_iter().chain([key(9, 2)]) {
            insert_key(&store, &key).await.unwrap();
        }
        let mut tx = store.read().await.unwrap();
        let mut keys = tx.keys();
        assert_eq!(keys.find(KeyId::from_bits(2)).await.unwrap(), Some(shared_key(2, 1)));
        assert_eq!(keys.find(KeyId::from_bits(99)).await.unwrap(), None);
        assert_eq!(keys.find_thumbprint("thumbprint-1").await.unwrap(), Some(key(1, 1)));
        assert_eq!(keys.find_thumbprint("THUMBPRINT-1").await.unwrap(), None);
        let of_one = keys.list(Some(AgentId::from_bits(1))).await.unwrap();
        assert_eq!(of_one, every_kind(1, 1));
        assert_eq!(keys.list(None).await.unwrap().len(), 9);
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_one_agent_for_ever() {
    on_both(async |place| {
        let store = with_agents(place, &[agent(1), agent(2)]).await;
        insert_key(&store, &key(1, 1)).await.unwrap();
        let again = |agent| Key { thumbprint: key(1, 1).thumbprint, ..key(2, agent) };
        let mut tx = store.begin().await.unwrap();
        assert!(tx.keys().revoke(KeyId::from_bits(1), at(9)).await.unwrap());
        assert!(!tx.keys().revoke(KeyId::from_bits(2), at(9)).await.unwrap());
        tx.save().await.unwrap();
        for agent in [1, 2] {
            let inserted = insert_key(&store, &again(agent)).await;
            assert!(matches!(inserted, Err(Fault::Conflict("the key"))), "{inserted:?}");
        }
        let nobodys = insert_key(&store, &key(3, 77)).await;
        assert!(matches!(nobodys, Err(Fault::Unavailable(_))), "{nobodys:?}");
        let mut tx = store.read().await.unwrap();
        let revoked = Key { state: KeyState::Revoked, ..key(1, 1) };
        assert_eq!(tx.keys().list(None).await.unwrap(), [revoked]);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_revoked_with_all_that_was_registered_with_it() {
    on_both(async |place| {
        let store = with_agents(place, &[agent(1)]).await;
        let line =
            |id, by: Option<u128>| Key { registered_by: by.map(KeyId::from_bits), ..key(id, 1) };
        let all = [line(1, None), line(2, Some(1)), line(3, Some(2)), line(4, None)];
        for key in &all {
            insert_key(&store, key).await.unwrap();
        }
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.keys().list(None).await.unwrap(), all);
        // One that is revoked already passes it on.
        assert!(tx.keys().revoke(KeyId::from_bits(2), at(9)).await.unwrap());
        assert!(tx.keys().revoke_line(KeyId::from_bits(1), at(9)).await.unwrap());
        assert!(!tx.keys().revoke_line(KeyId::from_bits(9), at(9)).await.unwrap());
        let states = tx.keys().list(None).await.unwrap().into_iter().map(|key| key.state);
        let (gone, there) = (KeyState::Revoked, KeyState::Active);
        assert_eq!(states.collect::<Vec<_>>(), [gone, gone, gone, there]);
    })
    .await;
}

#[tokio::test]
async fn the_latest_use_of_a_key_is_remembered() {
    on_both(async |place| {
        let store = with_agents(place, &[agent(1)]).await;
        for id in [1, 2, 3] {
            insert_key(&store, &key(id, 1)).await.unwrap();
        }
        let used = |id, millis| (KeyId::from_bits(id), at(millis));
        let unknown = (100..5_000).map(|id| used(id, 9));
        for uses in [
            vec![used(1, 50), used(1, 70), used(1, 60), used(2, 10)],
            vec![used(1, 69), used(2, 20), used(999, 5)],
            unknown.collect(),
            vec![],
        ] {
            let mut tx = store.begin_append().await.unwrap();
            tx.keys().touch(&uses).await.unwrap();
            tx.save().await.unwrap();
        }
        let mut tx = store.read().await.unwrap();
        let keys = tx.keys().list(None).await.unwrap();
        let last: Vec<_> = keys.iter().map(|key| key.last_used_at).collect();
        assert_eq!(last, [Some(at(70)), Some(at(20)), None]);
    })
    .await;
}

#[tokio::test]
async fn an_invite_is_found_by_its_code_alone() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut invites = tx.invites();
        let revoked = Invite { revoked_at: Some(at(8)), uses_left: u32::MAX, ..invite(2, 0) };
        for invite in [&invite(1, 3), &revoked] {
            invites.insert(invite).await.unwrap();
        }
        assert_eq!(invites.find_by_digest(&digest(1)).await.unwrap(), Some(invite(1, 3)));
        assert_eq!(invites.find_by_digest(&digest(3)).await.unwrap(), None);
        assert_eq!(invites.find(InviteId::from_bits(2)).await.unwrap().as_ref(), Some(&revoked));
        assert!(invites.update(&invite(1, 2)).await.unwrap());
        assert!(!invites.update(&invite(9, 2)).await.unwrap());
        let project = &invite(1, 2).project;
        assert_eq!(invites.list(Some(project)).await.unwrap(), [invite(1, 2), revoked]);
        assert!(invites.list(Some(&"other".parse().unwrap())).await.unwrap().is_empty());
        let same_code = Invite { id: InviteId::from_bits(3), ..invite(1, 3) };
        assert!(matches!(invites.insert(&same_code).await, Err(Fault::Conflict("the invite"))));
    })
    .await;
}

#[tokio::test]
async fn roots_are_listed_newest_first_and_old_ones_forgotten() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut roots = tx.roots();
        for epoch in [1, 3, 2] {
            roots.insert(&root(epoch)).await.unwrap();
        }
        assert_eq!(roots.list().await.unwrap(), [root(3), root(2), root(1)]);
        let again = roots.insert(&root(3)).await;
        assert!(matches!(again, Err(Fault::Conflict("the root"))));
    })
    .await;
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut roots = tx.roots();
        for epoch in [1, 2, 3] {
            roots.insert(&root(epoch)).await.unwrap();
        }
        roots.forget_before(2).await.unwrap();
        assert_eq!(roots.list().await.unwrap(), [root(3), root(2)]);
    })
    .await;
}

#[tokio::test]
async fn a_trusted_issuer_comes_back_as_it_went_in_and_its_url_is_taken_once() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut issuers = tx.issuers();
        issuers.insert(&trusted_issuer(2)).await.unwrap();
        issuers.insert(&trusted_issuer(1)).await.unwrap();
        let person_scopes = "tickets:read".parse().ok();
        let ended = TrustedIssuer { ended_at: Some(at(9)), person_scopes, ..trusted_issuer(1) };
        assert!(issuers.update(&ended).await.unwrap());
        assert!(!issuers.update(&trusted_issuer(3)).await.unwrap());
        assert_eq!(issuers.find(ended.id).await.unwrap(), Some(ended.clone()));
        assert_eq!(issuers.find_url(&ended.url).await.unwrap(), Some(ended.clone()));
        assert_eq!(issuers.find_url("https://elsewhere.test").await.unwrap(), None);
        assert_eq!(issuers.list().await.unwrap(), [ended, trusted_issuer(2)]);
        let again = TrustedIssuer { url: trusted_issuer(2).url, ..trusted_issuer(4) };
        let again = issuers.insert(&again).await;
        assert!(matches!(again, Err(Fault::Conflict("the issuer"))));
    })
    .await;
}
