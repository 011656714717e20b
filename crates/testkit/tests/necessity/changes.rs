//! The changes: each is one world and one request, different from the golden one in one thing.

use std::pin::Pin;
use std::time::Duration;

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::{Algorithm, Key};
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::ruling::Verdict;
use bailiwick_gateway::settings::Bounds;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::sources::{BEGINNING, entropy};
use bailiwick_testkit::world::{Choices, OPEN, World};

/// A world and the request to send in it.
pub(crate) type Made = Pin<Box<dyn Future<Output = (World, Ask)>>>;

/// A change, the check that refuses it, and the code it is refused with.
pub(crate) struct Change {
    pub(crate) check: &'static str,
    pub(crate) code: &'static str,
    pub(crate) make: fn() -> Made,
}

pub(crate) const fn change(check: &'static str, code: &'static str, make: fn() -> Made) -> Change {
    Change { check, code, make }
}

pub(crate) const CHANGES: &[Change] = &[
    change("asked", "request_malformed", || {
        asking(|ask| Ask { target: "/acme/tickets/../tickets".to_owned(), ..ask })
    }),
    change("asked", "body_too_large", || {
        Box::pin(async {
            let bounds = Bounds { max_body_bytes: 10, ..Bounds::default() };
            let world = World::begin_with(Choices { bounds, ..Choices::default() }).await;
            let ask = golden().digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("contact", "unavailable", || {
        Box::pin(async {
            let max_staleness = Duration::from_secs(10);
            let world = World::begin_with(Choices { max_staleness, ..Choices::default() }).await;
            world.store.close().await;
            world.hands.advance(11);
            let ask = golden().digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("credential", "credential_missing", || {
        asking(|ask| ask.without("signature-input").without("signature"))
    }),
    change("credential", "credential_malformed", || asking(|ask| ask.without("signature"))),
    change("credential", "credential_conflict", || {
        asking(|ask| {
            let ask = ask.header("authorization", "Bearer a");
            ask.header("authorization", "Bearer b")
        })
    }),
    change("credential", "credential_unknown", || {
        asking(|ask| ask.header("authorization", "Basic YTpi"))
    }),
    change("token", "token_invalid", || {
        holding(
            |_, _| {},
            |world, token| {
                let mut text = world.bearer(&token);
                text.truncate(text.len() - 4);
                text + "AAAA"
            },
        )
    }),
    change("token", "token_expired", || {
        holding(
            |_, token| {
                token.iat = token.iat.plus_seconds(-901);
                token.exp = token.exp.plus_seconds(-901);
            },
            World::bearer_of,
        )
    }),
    change("audience", "token_audience", || {
        holding(|_, token| token.aud = vec![OPEN.to_owned()], World::bearer_of)
    }),
    change("audience", "proof_too_weak", || {
        Box::pin(async {
            let world = World::begin().await;
            let token = AccessToken { cnf: None, ..world.token() };
            let ask = golden().header("authorization", &world.bearer(&token));
            (world, ask)
        })
    }),
    change("proof", "proof_missing", || {
        Box::pin(async {
            let world = World::begin().await;
            let ask = golden().header("authorization", &world.bearer(&world.token()));
            (world, ask)
        })
    }),
    change("proof", "signature_invalid", || asking(|ask| ask_with_method(ask, "PUT"))),
    change("proof", "signature_expired", || {
        proving(|proof| {
            proof.created = proof.created.plus_seconds(-66);
            proof.expires = proof.expires.plus_seconds(-66);
        })
    }),
    change("proof", "signature_not_yet_valid", || {
        proving(|proof| {
            proof.created = proof.created.plus_seconds(6);
            proof.expires = proof.expires.plus_seconds(6);
        })
    }),
    change("proof", "signature_window", || {
        proving(|proof| proof.expires = proof.expires.plus_seconds(1))
    }),
    change("proof", "signature_coverage", || {
        proving(|proof| proof.components = Some(vec!["@authority", "@path", "content-digest"]))
    }),
    change("proof", "nonce_missing", || proving(|proof| proof.nonce.truncate(15))),
    change("proof", "digest_missing", || {
        Box::pin(async {
            let world = World::begin().await;
            let proof =
                Proof { components: Some(vec!["@method", "@authority", "@path"]), ..world.proof() };
            let ask = golden().signed(&proof);
            (world, ask)
        })
    }),
    change("proof", "digest_mismatch", || {
        asking(|ask| Ask { body: b"{\"title\":\"Tampered\"}".to_vec(), ..ask })
    }),
    change("replay", "nonce_replayed", || {
        Box::pin(async {
            let world = World::begin().await;
            let ask = golden().digested().signed(&world.proof());
            assert_eq!(world.send(&ask).await.verdict(), "200");
            (world, ask)
        })
    }),
    change("revocation", "credential_revoked", || {
        Box::pin(async {
            let world = World::begin().await;
            world.revoke_key(world.key_id).await;
            let ask = golden().digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("revocation", "credential_expired", || {
        with_another_key(|key| key.expires_at = Some(BEGINNING))
    }),
    change("revocation", "agent_pending", || changing(|agent| agent.state = State::Pending)),
    change("revocation", "agent_suspended", || changing(|agent| agent.state = State::Suspended)),
    change("revocation", "agent_retired", || changing(|agent| agent.state = State::Retired)),
    change("delegation", "agent_mismatch", || {
        asking(|ask| ask.header("x-agent-id", "refund-processor"))
    }),
    change("proof", "agent_mismatch", || {
        holding(|_, token| token.client_id = AgentId::from_bits(99), World::bearer_of)
    }),
    change("network", "network_forbidden", || {
        changing(|agent| agent.networks = vec!["10.0.0.0/8".parse().unwrap()])
    }),
    change("operation", "operation_unknown", || {
        Box::pin(async {
            let world = World::begin().await;
            let ask = Ask::new("DELETE", "/acme/tickets").signed(&world.proof());
            (world, ask)
        })
    }),
    change("scope", "scope_missing", || {
        changing(|agent| agent.scopes = "tickets:read".parse().unwrap())
    }),
    change("scope", "scope_missing", || {
        holding(|_, token| token.scope = "tickets:read".parse().unwrap(), World::bearer_of)
    }),
    change("scope", "scope_missing", || {
        with_another_key(|key| key.scopes = Some("tickets:read".parse().unwrap()))
    }),
    change("contract", "contract_violated", || {
        Box::pin(async {
            let world = World::begin().await;
            let schema = serde_json::json!({"properties": {"title": {"maxLength": 5}}});
            let content = serde_json::json!({"application/json": {"schema": schema}});
            let item = serde_json::json!({"post": {"requestBody": {"content": content}}});
            let document = serde_json::json!({"openapi": "3.1.0", "paths": {"/tickets": item}});
            world.describe("acme", &document, false).await;
            let ask = golden().digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("operation", "mcp_header_mismatch", || {
        Box::pin(async {
            let mcp = Some("http://127.0.0.1:9/mcp".to_owned());
            let world = World::begin_with(Choices { mcp, ..Choices::default() }).await;
            let message = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
            let ask = Ask::new("POST", "/mcp").json(message).header("mcp-method", "tools/call");
            let ask = ask.digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("policy", "policy_denied", || {
        Box::pin(async {
            let world = World::begin().await;
            let ask = Ask { target: "/acme/salaries".to_owned(), ..golden() };
            let ask = ask.digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("policy", "policy_denied", || {
        governed("@id(\"no\") forbid (principal, action == Action::\"write\", resource);")
    }),
    change("policy", "policy_error", || {
        governed(
            "@id(\"short\") forbid (principal, action, resource) \
             when { context.number.hasTag(\"body/title\") };",
        )
    }),
    change("budget", "rate_limited", || {
        Box::pin(async {
            let world = World::begin().await;
            world.change_agent(|agent| agent.limit = Some("1/min".parse().unwrap())).await;
            let first = golden().digested().signed(&world.proof());
            assert_eq!(world.send(&first).await.verdict(), "200");
            let ask = golden().digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("approval", "approval_pending", || {
        Box::pin(async {
            let world = World::begin().await;
            let ask = payout().signed(&world.proof());
            (world, ask)
        })
    }),
    change("approval", "approval_denied", || {
        Box::pin(async {
            let world = World::begin().await;
            let id = world.asked_for(&payout().signed(&world.proof())).await;
            world.decide(id, 1, Verdict::Deny).await;
            let ask = payout().signed(&world.proof());
            (world, ask)
        })
    }),
    change("approval", "approval_mismatch", || {
        Box::pin(async {
            let world = World::begin().await;
            let id = world.asked_for(&payout().signed(&world.proof())).await;
            world.decide(id, 1, Verdict::Approve).await;
            let other = Ask { body: b"{\"amount\":500}".to_vec(), ..payout_unsigned() };
            let ask = other.digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("replay", "unavailable", || {
        Box::pin(async {
            let fast = "redis://127.0.0.1:1".to_owned();
            let world = World::begin_with(Choices { fast, ..Choices::default() }).await;
            let ask = golden().digested().signed(&world.proof());
            (world, ask)
        })
    }),
    change("upstream", "upstream_failed", || reading("/acme/broken")),
    change("upstream", "upstream_timeout", || reading("/acme/never")),
    change("credential", "credential_unknown", || {
        Box::pin(async {
            let world = World::begin().await;
            let stranger = SigningKey::generate(Algorithm::Ed25519, &entropy(9)).unwrap();
            let ask = golden().digested().signed(&world.proof_by(&stranger));
            (world, ask)
        })
    }),
    change("proof", "signature_invalid", || {
        Box::pin(async {
            let world = World::begin().await;
            let other = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(9)).unwrap();
            world.add_key(KeyId::from_bits(2), world.agent.id, &other).await;
            let proof =
                Proof { keyid: world.key.thumbprint().to_owned(), ..world.proof_by(&other) };
            let ask = golden().digested().signed(&proof);
            (world, ask)
        })
    }),
];

/// The golden request, under another policy too.
fn governed(policy: &'static str) -> Made {
    Box::pin(async move {
        let world = World::begin().await;
        world.activate(policy).await;
        let ask = golden().digested().signed(&world.proof());
        (world, ask)
    })
}

/// The request that passes.
pub(crate) fn golden() -> Ask {
    Ask::new("POST", "/acme/tickets").json("{\"title\":\"The lift is stuck\"}")
}

/// The smallest that people decide about.
fn payout_unsigned() -> Ask {
    Ask::new("POST", "/acme/payouts").json("{\"amount\":5}")
}

fn payout() -> Ask {
    payout_unsigned().digested()
}

/// How many honest requests a change sends before the one that is refused.
pub(crate) fn honest_before(code: &str) -> usize {
    usize::from(["nonce_replayed", "rate_limited", "budget_exhausted"].contains(&code))
}

/// The golden request, signed with another key of the same agent, which is stored as told.
fn with_another_key(change: fn(&mut Key)) -> Made {
    Box::pin(async move {
        let world = World::begin().await;
        let other = SigningKey::generate(Algorithm::Ed25519, &entropy(9)).unwrap();
        let mut stored = world.stored_key(KeyId::from_bits(2), world.agent.id, &other);
        change(&mut stored);
        world.put_key(&stored).await;
        let ask = golden().digested().signed(&world.proof_by(&other));
        (world, ask)
    })
}

/// The golden request, bent after it was signed.
fn asking(bend: fn(Ask) -> Ask) -> Made {
    Box::pin(async move {
        let world = World::begin().await;
        let ask = bend(golden().digested().signed(&world.proof()));
        (world, ask)
    })
}

fn ask_with_method(ask: Ask, method: &str) -> Ask {
    Ask { method: method.to_owned(), ..ask }
}

/// The golden request, signed in another way.
fn proving(bend: fn(&mut Proof<'_>)) -> Made {
    Box::pin(async move {
        let world = World::begin().await;
        let mut proof = world.proof();
        bend(&mut proof);
        let ask = golden().digested().signed(&proof);
        (world, ask)
    })
}

/// The golden request by an agent that was changed a moment ago.
fn changing(bend: fn(&mut Agent)) -> Made {
    Box::pin(async move {
        let world = World::begin().await;
        world.change_agent(bend).await;
        let ask = golden().digested().signed(&world.proof());
        (world, ask)
    })
}

/// The golden request with a token, bent, and the signature that it is bound to.
fn holding(bend: fn(&World, &mut AccessToken), write: fn(&World, AccessToken) -> String) -> Made {
    Box::pin(async move {
        let world = World::begin().await;
        let mut token = world.token();
        bend(&world, &mut token);
        let authorization = write(&world, token);
        let ask = golden().header("authorization", &authorization).digested();
        let ask = ask.signed(&world.proof());
        (world, ask)
    })
}

/// A read of an upstream that does not answer well, with little patience.
fn reading(target: &'static str) -> Made {
    Box::pin(async move {
        let bounds = Bounds { first_byte: Duration::from_millis(200), ..Bounds::default() };
        let world = World::begin_with(Choices { bounds, ..Choices::default() }).await;
        let ask = Ask::new("GET", target).signed(&world.proof());
        (world, ask)
    })
}

/// [`World::bearer`] for a token of one's own.
trait BearerOf {
    fn bearer_of(&self, token: AccessToken) -> String;
}

impl BearerOf for World {
    fn bearer_of(&self, token: AccessToken) -> String {
        self.bearer(&token)
    }
}
