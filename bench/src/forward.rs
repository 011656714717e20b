//! The gateway's forwarding alone: every request gets the same permit, unproven and unrecorded.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bailiwick_domain::agent::{Agent, Kind, State};
use bailiwick_domain::api::{self, Api, Enforcement, Mode};
use bailiwick_domain::credential::Strength;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Clock;
use bailiwick_fetch::{Guard, Outside, Resolver, Sources, Upkeep};
use bailiwick_gateway::listen::gateway::{Foundation, Gateway};
use bailiwick_gateway::settings::{Backend, Bounds, Proxies, Settings};
use bailiwick_proof::message::Window;
use bailiwick_proof::wallet::{Accounts, Served};
use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use bailiwick_store::journal::Durability;
use bailiwick_vault::seal::Sealer;
use tokio::runtime::Builder;

use crate::maker::{self, HOST, PATH};

/// Serves in this folder, from one port of the loopback interface to another, until it is stopped.
pub(crate) fn serve(folder: &str, port: &str, upstream: &str) -> Result<()> {
    let settings = settings(Path::new(folder), port.parse()?, upstream.parse()?)?;
    std::fs::create_dir_all(&settings.journal)?;
    Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let on = foundation(Path::new(folder)).await?;
        let _gateway = Gateway::start_constant(settings, on, agent()?).await?;
        std::future::pending().await
    })
}

async fn foundation(folder: &Path) -> Result<Foundation> {
    Ok(Foundation {
        store: Store::open("sqlite:forward.db", folder).await?,
        fast: Fast::open("memory", maker::now())?,
        outside: outside()?,
        sealer: Arc::new(Sealer::new([7; 32]).context("no sealer")?),
        clock: Clock::new(maker::now),
        entropy: maker::entropy(),
    })
}

/// Nobody is asked about anything.
fn outside() -> Result<Outside> {
    let upkeep = Upkeep::new(Clock::new(maker::now), maker::entropy());
    Ok(Outside::new(Guard::default(), Resolver::system(), upkeep, Sources::default())?)
}

fn agent() -> Result<Agent> {
    Ok(Agent {
        id: AgentId::from_bits(1),
        project: "default".parse()?,
        name: "bench".parse()?,
        owner: "bench@bench.test".to_owned(),
        purpose: "to be measured".to_owned(),
        kind: Kind::Autonomous,
        state: State::Active,
        scopes: scopes()?,
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: maker::now(),
        updated_at: maker::now(),
    })
}

fn scopes() -> Result<ScopeSet> {
    Ok(ScopeSet::from_texts(["tickets:write"])?)
}

fn settings(folder: &Path, port: u16, upstream: u16) -> Result<Settings> {
    let operation = Operation::new("tickets", "POST", PATH, scopes()?);
    let api = Api {
        kind: api::Kind::Http,
        name: "tickets".into(),
        hosts: vec![HOST.to_owned()],
        prefix: String::new(),
        upstream: format!("http://127.0.0.1:{upstream}"),
        resource: format!("http://{HOST}"),
        proof: Strength::Bearer,
        mode: Mode::Enforce,
        pass_signature: false,
        workload_tokens: false,
        txn_token: false,
        described: false,
        contract: Enforcement::default(),
        operations: vec![Arc::new(operation)],
    };
    Ok(Settings {
        listen: ([127, 0, 0, 1], port).into(),
        tls: None,
        proxies: Proxies::default(),
        beside: None,
        scheme: "http",
        cores: 1,
        journal: folder.join("journal"),
        durability: Durability::Process,
        node: "bench".to_owned(),
        audience: format!("http://{HOST}"),
        wallets: Served {
            chains: Vec::new(),
            accounts: Accounts::Offline,
            max_validity_seconds: 60,
        },
        issuer: "http://issuer.bench.test".to_owned(),
        trust_domain: "bench.test".to_owned(),
        window: Window { window_seconds: 60, skew_seconds: 5 },
        max_staleness: Duration::from_secs(10),
        delegation_depth: 4,
        apis: vec![Backend { api, upstream_ca: None, card_keys: None }],
        bounds: Arc::new(Bounds::default()),
    })
}
