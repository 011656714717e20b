//! Derived keys: an hour of cheap signatures.

use bailiwick_domain::grant::{Budgets, Grant};
use bailiwick_domain::id::{AgentId, GrantId, KeyId, PersonId, TaskId};
use bailiwick_domain::person::Standing;
use bailiwick_proof::derived::{Roots, Wanted};
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::opaque;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::{ACME, GATEWAY, World};
use zeroize::Zeroizing;

const ROOT: [u8; 32] = [9; 32];

struct Holder {
    world: World,
    roots: Roots,
}

impl Holder {
    async fn new() -> Self {
        let world = World::begin().await;
        world.add_root(1, ROOT).await;
        Self { world, roots: Roots::new(1, [(1, Zeroizing::new(ROOT))]).unwrap() }
    }

    fn derive(&self, audience: &str) -> (SigningKey, String) {
        self.derive_from(audience, 50)
    }

    fn derive_from(&self, audience: &str, seed: u64) -> (SigningKey, String) {
        self.derive_for(None, audience, seed)
    }

    /// A key for the task of this grant, or for the agent itself.
    fn derive_for(
        &self,
        under: Option<GrantId>,
        audience: &str,
        seed: u64,
    ) -> (SigningKey, String) {
        let (key, agent) = (self.world.key_id, self.world.agent.id);
        let wanted = Wanted { key, agent, under, audience, ttl_seconds: 600 };
        let id = self.roots.name(&wanted, self.world.hands.now(), &entropy(seed));
        let secret = self.roots.secret(&id).unwrap();
        (key_of(&secret), id.to_string())
    }

    async fn verdict(&self, target: &str, key: &SigningKey, keyid: &str) -> String {
        let proof = Proof { keyid: keyid.to_owned(), ..self.world.proof_by(key) };
        let ask = Ask::new("GET", target).signed(&proof);
        self.world.send(&ask).await.verdict()
    }
}

/// The 32 bytes as a client uses them: a symmetric JWK.
fn key_of(secret: &[u8; 32]) -> SigningKey {
    let encoded = opaque::thumbprint(secret);
    SigningKey::from_jwk(&format!(r#"{{"kty":"oct","alg":"HS256","k":"{encoded}"}}"#)).unwrap()
}

#[tokio::test]
async fn a_derived_key_signs_until_it_expires() {
    let holder = Holder::new().await;
    let (key, keyid) = holder.derive(GATEWAY);
    for _ in 0..2 {
        assert_eq!(holder.verdict("/open/tickets/7", &key, &keyid).await, "200");
    }
    assert_eq!(holder.verdict("/acme/tickets/7", &key, &keyid).await, "401 proof_too_weak");
    holder.world.hands.advance(600);
    let late = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(late, "401 credential_expired");
}

#[tokio::test]
async fn it_ends_with_the_key_that_bought_it() {
    let holder = Holder::new().await;
    let (key, keyid) = holder.derive(GATEWAY);
    assert_eq!(holder.verdict("/open/tickets/7", &key, &keyid).await, "200");
    holder.world.revoke_key(holder.world.key_id).await;
    let ended = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(ended, "401 credential_revoked");
}

#[tokio::test]
async fn it_is_good_for_its_name_its_gateway_and_its_root_alone() {
    let holder = Holder::new().await;
    let (key, keyid) = holder.derive("http://another.test");
    let elsewhere = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(elsewhere, "401 credential_unknown");
    let (key, _) = holder.derive(GATEWAY);
    let (_, other) = holder.derive_from(GATEWAY, 51);
    assert_eq!(holder.verdict("/open/tickets/7", &key, &other).await, "401 signature_invalid");
    let broken = holder.verdict("/open/tickets/7", &key, "drv_AAAA").await;
    assert_eq!(broken, "400 credential_malformed");
    let (key, keyid) = holder.derive(GATEWAY);
    holder.world.add_root(2, [10; 32]).await;
    assert_eq!(holder.verdict("/open/tickets/7", &key, &keyid).await, "200", "the one before");
    holder.world.add_root(3, [11; 32]).await;
    let gone = holder.verdict("/open/tickets/7", &key, &keyid).await;
    assert_eq!(gone, "401 credential_unknown", "and no other");
}

#[tokio::test]
async fn a_name_that_points_at_another_agents_key_is_unknown() {
    let holder = Holder::new().await;
    let (agent, ttl_seconds) = (holder.world.agent.id, 600);
    let wanted =
        Wanted { key: KeyId::from_bits(77), agent, under: None, audience: GATEWAY, ttl_seconds };
    let id = holder.roots.name(&wanted, holder.world.hands.now(), &entropy(50));
    let key = key_of(&holder.roots.secret(&id).unwrap());
    let unknown = holder.verdict("/open/tickets/7", &key, &id.to_string()).await;
    assert_eq!(unknown, "401 credential_unknown");
}

const TICKET: &str = "/open/tickets/7";

/// A task of the world's agent that a person gave it, and a key for it.
async fn in_a_task(change: impl FnOnce(&mut Grant)) -> (Holder, Grant, SigningKey, String) {
    let holder = Holder::new().await;
    holder.world.put_person(PersonId::from_bits(1), Standing::Active).await;
    let mut task = Grant { task: Some(TaskId::from_bits(3)), ..holder.world.grant(2) };
    change(&mut task);
    holder.world.put_grant(&task).await;
    let (key, keyid) = holder.derive_for(Some(task.id), GATEWAY, 50);
    (holder, task, key, keyid)
}

#[tokio::test]
async fn a_key_for_a_task_does_what_the_task_may_and_ends_with_it() {
    let (holder, task, key, keyid) =
        in_a_task(|task| task.extent.scopes = "tickets:read".parse().unwrap()).await;
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "200");
    let seen = holder.world.upstream.seen().remove(0);
    let person = PersonId::from_bits(1).to_string();
    let header = |name: &str| seen.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-agent-task"), "tsk_00000000000000000000000003");
    assert_eq!(header("x-agent-on-behalf-of"), person);
    assert_eq!(
        header("x-agent-chain"),
        format!("{person}, spiffe://acme.test/default/ticket-summarizer")
    );
    assert_eq!(header("x-agent-scopes"), "tickets:read");
    let proof = Proof { keyid: keyid.clone(), ..holder.world.proof_by(&key) };
    let write = Ask::new("DELETE", TICKET).signed(&proof);
    assert_eq!(holder.world.send(&write).await.verdict(), "403 scope_missing");
    holder.world.put_grant(&task.end("done", holder.world.hands.now())).await;
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "403 task_closed");
}

#[tokio::test]
async fn a_key_for_a_task_uses_up_the_tasks_budget() {
    let budgets = Budgets { calls: Some(2), ..Budgets::default() };
    let (holder, _, key, keyid) = in_a_task(|task| task.budgets = budgets).await;
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "200");
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "200");
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "429 budget_exhausted");
}

#[tokio::test]
async fn a_key_for_what_is_no_task_of_the_agents_is_good_for_nothing() {
    let (holder, _, key, keyid) = in_a_task(|grant| grant.task = None).await;
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "403 delegation_invalid");
    let (holder, _, key, keyid) =
        in_a_task(|task| task.extent.resources = vec![ACME.to_owned()]).await;
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "403 delegation_invalid");
    let (holder, task, ..) = in_a_task(|_| {}).await;
    let mut other = holder.world.agent.clone();
    (other.id, other.name) = (AgentId::from_bits(2), "another".parse().unwrap());
    holder.world.add_agent(&other).await;
    let (id, number) = (GrantId::from_bits(5), Some(TaskId::from_bits(5)));
    let theirs = Grant { id, agent: other.id, task: number, ..task };
    holder.world.put_grant(&theirs).await;
    let (key, keyid) = holder.derive_for(Some(theirs.id), GATEWAY, 51);
    assert_eq!(holder.verdict(TICKET, &key, &keyid).await, "403 delegation_invalid");
    let (missing, missing_id) = holder.derive_for(Some(GrantId::from_bits(99)), GATEWAY, 52);
    assert_eq!(holder.verdict(TICKET, &missing, &missing_id).await, "403 task_closed");
}
