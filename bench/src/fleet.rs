//! What a large fleet costs a gateway: starting, remembering, finding.

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bailiwick_domain::agent::{Agent, Kind, State};
use bailiwick_domain::credential::{Algorithm, Key, KeyState, Material};
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Clock;
use bailiwick_gateway::routes::Apis;
use bailiwick_gateway::world::keeper::{Keeper, Origin};
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_store::Store;
use bailiwick_vault::seal::Sealer;
use tokio::runtime::Builder;

use crate::maker;
use crate::steps::Step;
use crate::usage;

/// How many agents there are, each with one key.
const AGENTS: u32 = 100_000;

/// A fleet, measured.
#[derive(Debug)]
pub(crate) struct Fleet {
    start: Duration,
    kib: u64,
    found: Step,
}

/// Registers the fleet in a store in this folder, and starts to follow it as a gateway does.
pub(crate) fn measure(folder: &Path) -> Result<Fleet> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let store = Store::open("sqlite:fleet.db", folder).await?;
        register(&store).await?;
        let before = usage::resident_kib(std::process::id());
        let begun = Instant::now();
        let keeper = Keeper::start(&store, origin()?).await?;
        let start = begun.elapsed();
        let kib = usage::resident_kib(std::process::id()).saturating_sub(before);
        let world = keeper.world.load_full();
        let found = tokio::task::spawn_blocking(move || {
            Step::time("a key by its id, and its agent, of 100,000", |call| {
                let id = KeyId::from_bits(u128::from(call % u64::from(AGENTS)));
                let key = world.named_key(black_box(&id.to_string())).context("no key")?;
                world.agent(key.agent).map(drop).context("no agent")
            })
        });
        Ok(Fleet { start, kib, found: found.await?? })
    })
}

/// The table of it.
pub(crate) fn page(fleet: &Fleet) -> Result<String> {
    let mut page = format!("| a gateway with {AGENTS} agents, each with a key | |\n|---|---:|\n");
    writeln!(page, "| starts, its store in SQLite, in | {:.2} s |", fleet.start.as_secs_f64())?;
    let each = fleet.kib.saturating_mul(1_024).checked_div(u64::from(AGENTS)).unwrap_or_default();
    writeln!(page, "| holds for each of them | {each} bytes |")?;
    writeln!(page, "| finds {} in | {:.0} ns |", fleet.found.what, fleet.found.nanos)?;
    Ok(page)
}

async fn register(store: &Store) -> Result<()> {
    let entropy = maker::entropy();
    let mut tx = store.begin().await?;
    for number in 0..AGENTS {
        let signing = SigningKey::generate(Algorithm::Ed25519, &entropy)?;
        let public = signing.public().map(PublicKey::to_jwk).context("no public key")?;
        let id = AgentId::from_bits(u128::from(number));
        tx.agents().insert(&agent(id, number)?).await?;
        tx.keys().insert(&key(number, id, (public, signing.thumbprint()))).await?;
    }
    tx.save().await?;
    Ok(())
}

fn agent(id: AgentId, number: u32) -> Result<Agent> {
    Ok(Agent {
        id,
        project: "default".parse()?,
        name: format!("agent-{number}").parse()?,
        owner: "bench@bench.test".to_owned(),
        purpose: "to be one of many".to_owned(),
        kind: Kind::Autonomous,
        state: State::Active,
        scopes: ScopeSet::from_texts(["tickets:read", "tickets:write"])?,
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: maker::now(),
        updated_at: maker::now(),
    })
}

fn key(number: u32, agent: AgentId, (jwk, thumbprint): (String, &str)) -> Key {
    Key {
        id: KeyId::from_bits(u128::from(number)),
        agent,
        algorithm: Some(Algorithm::Ed25519),
        material: Material::PublicJwk(jwk),
        thumbprint: thumbprint.to_owned(),
        scopes: None,
        networks: Vec::new(),
        expires_at: None,
        registered_by: None,
        state: KeyState::Active,
        created_at: maker::now(),
        last_used_at: None,
    }
}

fn origin() -> Result<Origin> {
    Ok(Origin {
        sealer: Arc::new(Sealer::new([7; 32])?),
        issuer: "http://issuer.bench.test".to_owned(),
        trust_domain: "bench.test".to_owned(),
        apis: Arc::new(Apis::new([])?),
        clock: Clock::new(maker::now),
    })
}
