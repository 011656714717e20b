//! Tokens of what others granted: for whom and through whom an agent acts, and what ends it.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::{Algorithm, Strength};
use bailiwick_domain::details::{Detail, Details};
use bailiwick_domain::grant::{Budgets, Grant};
use bailiwick_domain::id::{AgentId, GrantId, KeyId, PersonId, SessionId, TaskId};
use bailiwick_domain::person::Standing;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::{ACME, World};

const TICKET: &str = "/acme/tickets/7";

/// A person lets an orchestrator act, the orchestrator lets the world's agent do a task.
struct Scene {
    world: World,
    orchestrator: Agent,
    root: Grant,
    leaf: Grant,
    token: AccessToken,
}

impl Scene {
    async fn new() -> Self {
        Self::with_budgets(Budgets::default()).await
    }

    async fn with_budgets(budgets: Budgets) -> Self {
        let world = World::begin().await;
        let mut orchestrator = world.agent.clone();
        orchestrator.id = AgentId::from_bits(2);
        orchestrator.name = "orchestrator".parse().unwrap();
        world.add_agent(&orchestrator).await;
        let key = SigningKey::generate(Algorithm::Ed25519, &entropy(90)).unwrap();
        world.add_key(KeyId::from_bits(20), orchestrator.id, &key).await;
        world.put_person(PersonId::from_bits(1), Standing::Active).await;
        world.sign_in(PersonId::from_bits(1), SessionId::from_bits(1)).await;
        let root = Grant {
            agent: orchestrator.id,
            key: Some(KeyId::from_bits(20)),
            session: Some(SessionId::from_bits(1)),
            ..world.grant(1)
        };
        let leaf = Grant {
            id: GrantId::from_bits(2),
            person: None,
            parent: Some(root.id),
            depth: 2,
            task: Some(TaskId::from_bits(3)),
            budgets,
            ..world.grant(2)
        };
        world.put_grant(&root).await;
        world.put_grant(&leaf).await;
        let token = AccessToken {
            sub: PersonId::from_bits(1).to_string(),
            act: vec![world.agent.subject("acme.test"), orchestrator.subject("acme.test")],
            ..world.token_of(&leaf)
        };
        Self { world, orchestrator, root, leaf, token }
    }

    async fn change_orchestrator(&self, change: impl FnOnce(&mut Agent)) {
        let mut changed = self.orchestrator.clone();
        change(&mut changed);
        let mut tx = self.world.store.begin().await.unwrap();
        assert!(tx.agents().update(&changed).await.unwrap());
        tx.save().await.unwrap();
    }

    async fn ask(&self, method: &str, target: &str) -> String {
        self.ask_with(&self.token, method, target).await
    }

    async fn ask_with(&self, token: &AccessToken, method: &str, target: &str) -> String {
        let ask = Ask::new(method, target).header("authorization", &self.world.bearer(token));
        self.world.send(&ask.signed(&self.world.proof())).await.verdict()
    }
}

#[tokio::test]
async fn the_upstream_hears_for_whom_through_whom_and_by_which_task() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask("GET", TICKET).await, "200");
    let seen = scene.world.upstream.seen().remove(0);
    let header = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap());
    let person = PersonId::from_bits(1).to_string();
    assert_eq!(header("x-agent-id"), Some("ticket-summarizer"));
    assert_eq!(header("x-agent-on-behalf-of"), Some(&*person));
    let chain = format!(
        "{person}, spiffe://acme.test/default/orchestrator, \
         spiffe://acme.test/default/ticket-summarizer"
    );
    assert_eq!(header("x-agent-chain"), Some(&*chain));
    assert_eq!(header("x-agent-task"), Some("tsk_00000000000000000000000003"));
}

#[tokio::test]
async fn whatever_ends_above_ends_the_token_on_the_next_request() {
    type End = (&'static str, fn(&mut Grant));
    let ends: [End; 2] = [
        ("403 delegation_revoked", |grant| *grant = grant.clone().end("x", grant.created_at)),
        ("403 delegation_revoked", |grant| grant.expires_at = grant.created_at),
    ];
    for (verdict, end) in ends {
        let mut scene = Scene::new().await;
        assert_eq!(scene.ask("GET", TICKET).await, "200");
        end(&mut scene.root);
        scene.world.put_grant(&scene.root).await;
        assert_eq!(scene.ask("GET", TICKET).await, verdict);
    }
    let scene = Scene::new().await;
    scene.world.sign_out(SessionId::from_bits(1)).await;
    assert_eq!(scene.ask("GET", TICKET).await, "403 delegation_revoked");
    let scene = Scene::new().await;
    scene.world.put_person(PersonId::from_bits(1), Standing::Blocked).await;
    assert_eq!(scene.ask("GET", TICKET).await, "403 delegation_revoked");
    scene.world.put_person(PersonId::from_bits(1), Standing::Active).await;
    assert_eq!(scene.ask("GET", TICKET).await, "200");
    scene.world.revoke_key(KeyId::from_bits(20)).await;
    assert_eq!(scene.ask("GET", TICKET).await, "403 delegation_revoked", "by which it was bought");
    let scene = Scene::new().await;
    scene.world.revoke_token(&scene.token).await;
    assert_eq!(scene.ask("GET", TICKET).await, "401 token_revoked");
}

#[tokio::test]
async fn a_closed_task_says_so_and_an_abandoned_one_ends_by_itself() {
    let scene = Scene::new().await;
    let closed = scene.leaf.clone().end("done", scene.world.hands.now());
    scene.world.put_grant(&closed).await;
    assert_eq!(scene.ask("GET", TICKET).await, "403 task_closed");
    let scene = Scene::new().await;
    let short =
        Grant { expires_at: scene.world.hands.now().plus_seconds(60), ..scene.leaf.clone() };
    scene.world.put_grant(&short).await;
    scene.world.hands.advance(59);
    assert_eq!(scene.ask("GET", TICKET).await, "200");
    scene.world.hands.advance(1);
    assert_eq!(scene.ask("GET", TICKET).await, "403 task_closed");
}

#[tokio::test]
async fn what_is_narrowed_after_a_token_was_issued_binds_on_the_next_request() {
    let mut scene = Scene::new().await;
    let one = Detail::new(ACME, "GET", "/tickets/{id}", Some("/tickets/7")).unwrap();
    scene.root.extent.details = Details::new([one]).unwrap();
    scene.world.put_grant(&scene.root).await;
    assert_eq!(scene.ask("GET", TICKET).await, "200");
    assert_eq!(scene.ask("GET", "/acme/tickets/8").await, "403 delegation_invalid");
    assert_eq!(scene.ask("DELETE", TICKET).await, "403 delegation_invalid");
    scene.root.extent.scopes = "tickets:write".parse().unwrap();
    scene.world.put_grant(&scene.root).await;
    assert_eq!(scene.ask("GET", TICKET).await, "403 scope_missing");
    let named = scene.world.upstream.seen().remove(0);
    assert_eq!(named.headers["x-agent-scopes"], "tickets:read tickets:write");
}

#[tokio::test]
async fn whoever_handed_it_on_is_asked_what_they_may_do_now() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask("GET", TICKET).await, "200");
    scene.change_orchestrator(|it| it.scopes = "tickets:write".parse().unwrap()).await;
    assert_eq!(scene.ask("GET", TICKET).await, "403 scope_missing");
    scene.change_orchestrator(|it| it.state = State::Suspended).await;
    assert_eq!(scene.ask("GET", TICKET).await, "403 delegation_revoked");
    scene.change_orchestrator(|_| {}).await;
    assert_eq!(scene.ask("GET", TICKET).await, "200");
}

#[tokio::test]
async fn a_token_does_not_fit_another_grant_agent_or_task() {
    let scene = Scene::new().await;
    let root = AccessToken { grant: Some(scene.root.id), ..scene.token.clone() };
    assert_eq!(scene.ask_with(&root, "GET", TICKET).await, "403 delegation_invalid");
    let untasked = AccessToken { task: None, ..scene.token.clone() };
    assert_eq!(scene.ask_with(&untasked, "GET", TICKET).await, "403 delegation_invalid");
    let nowhere = AccessToken { grant: Some(GrantId::from_bits(9)), ..scene.token.clone() };
    assert_eq!(scene.ask_with(&nowhere, "GET", TICKET).await, "403 task_closed");
    let deep = Grant { depth: 5, ..scene.leaf.clone() };
    let deep = Grant { id: GrantId::from_bits(5), task: None, ..deep };
    scene.world.put_grant(&deep).await;
    let deep = AccessToken { grant: Some(deep.id), task: None, ..scene.token.clone() };
    assert_eq!(scene.ask_with(&deep, "GET", TICKET).await, "403 delegation_too_deep");
}

#[tokio::test]
async fn a_token_of_a_grant_that_is_bound_to_nothing_is_a_bearers() {
    let scene = Scene::new().await;
    let unbound = AccessToken { cnf: None, ..scene.token.clone() };
    let bearer = scene.world.bearer(&unbound);
    let open = Ask::new("GET", "/open/tickets/7").header("authorization", &bearer);
    assert_eq!(scene.world.send(&open).await.verdict(), "200");
    let keys_only = Ask::new("GET", TICKET).header("authorization", &bearer);
    let refused = scene.world.send(&keys_only).await;
    assert_eq!(refused.verdict(), "401 proof_too_weak");
    assert!(refused.json().to_string().contains(Strength::Key.as_str()));
}

#[tokio::test]
async fn a_budget_is_used_up_and_never_by_what_was_refused() {
    let budgets = "calls=4 writes=2 deletes=1".parse().unwrap();
    let scene = Scene::with_budgets(budgets).await;
    assert_eq!(scene.ask("DELETE", TICKET).await, "200");
    assert_eq!(scene.ask("DELETE", TICKET).await, "429 budget_exhausted", "no delete is left");
    assert_eq!(scene.ask("GET", TICKET).await, "200", "the refused one took nothing");
    let replayed =
        Ask::new("GET", TICKET).header("authorization", &scene.world.bearer(&scene.token));
    let replayed = replayed.signed(&scene.world.proof());
    assert_eq!(scene.world.send(&replayed).await.verdict(), "200");
    for _ in 0..3 {
        let again = scene.world.send(&replayed).await.verdict();
        assert_eq!(again, "401 nonce_replayed", "what a replay takes is given back");
    }
    assert_eq!(scene.ask("GET", TICKET).await, "200");
    assert_eq!(scene.ask("GET", TICKET).await, "429 budget_exhausted", "no call is left");
    let older = Grant {
        id: GrantId::from_bits(6),
        task: None,
        created_at: scene.leaf.created_at.plus_seconds(-1),
        ..scene.leaf.clone()
    };
    scene.world.put_grant(&older).await;
    let older = AccessToken { grant: Some(older.id), task: None, ..scene.token.clone() };
    let verdict = scene.ask_with(&older, "GET", TICKET).await;
    assert_eq!(verdict, "429 budget_exhausted", "nobody knows what was used before");
}
