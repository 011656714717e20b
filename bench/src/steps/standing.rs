//! The steps that ask memory: operation, scopes, limits, nonces.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use bailiwick_domain::api::{Api, Enforcement, Kind, Mode};
use bailiwick_domain::credential::Strength;
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_gateway::routes::Apis;
use bailiwick_gateway::upstream::endpoint::Endpoint;
use bailiwick_store::fast::{Bucket, Fast, Nonce, Reserved, Use};
use tokio::runtime::Builder;

use super::step::Step;
use crate::maker::{self, HOST, PATH};

const TEMPLATES: [&str; 4] = [PATH, "/v1/tickets/{id}", "/v1/users/{id}/tickets", "/v1/reports"];

/// Operation and scopes, two limits, a nonce.
pub(super) fn measure() -> Result<[Step; 3]> {
    Ok([operation()?, limits()?, nonces()?])
}

fn operation() -> Result<Step> {
    let held = ScopeSet::from_texts(["tickets:read", "tickets:write", "users:read"])?;
    let operations = TEMPLATES.map(|template| described(template).map(Arc::new));
    let api = Api {
        kind: Kind::Http,
        name: "tickets".into(),
        hosts: vec![HOST.to_owned()],
        prefix: String::new(),
        upstream: "http://127.0.0.1:9".to_owned(),
        resource: format!("http://{HOST}"),
        proof: Strength::Bearer,
        mode: Mode::Enforce,
        pass_signature: false,
        workload_tokens: false,
        txn_token: false,
        described: false,
        contract: Enforcement::default(),
        operations: operations.into_iter().collect::<Result<_>>()?,
    };
    let endpoint = Endpoint::parse(&api.upstream, api.kind, None)?;
    let apis = Apis::new([(api, endpoint, None)])?;
    Step::time("API, operation and scopes", |_| {
        let routed = apis.find(black_box(HOST), PATH).context("no API")?;
        let operation = routed.operation("POST", PATH).context("no operation")?;
        ensure!(operation.scopes.is_subset(&held), "a scope is missing");
        Ok(())
    })
}

fn described(template: &str) -> Result<Operation> {
    let scopes = ScopeSet::from_texts(["tickets:write"])?;
    Ok(Operation::new("tickets", "POST", template, scopes))
}

fn limits() -> Result<Step> {
    let runtime = Builder::new_current_thread().build()?;
    let now = maker::now();
    let fast = Fast::open("memory", now)?;
    let limit = "1000000/s".parse()?;
    let bucket = |operation| Bucket { agent: AgentId::from_bits(1), operation };
    let uses = [0, 7].map(|operation| Use { bucket: bucket(operation), limit });
    runtime.block_on(async {
        let mut reserve = async |call: u64| {
            let at = now.plus_seconds(i64::try_from(call / 1_000)?);
            let reserved = fast.reserve(black_box(&uses), at).await?;
            ensure!(matches!(reserved, Reserved::Within { .. }), "the limit is exhausted");
            anyhow::Ok(())
        };
        Step::time_async("limits of the agent and of the operation", &mut reserve).await
    })
}

fn nonces() -> Result<Step> {
    let runtime = Builder::new_current_thread().build()?;
    let now = maker::now();
    let fast = Fast::open("memory", now)?;
    let texts: Vec<String> = (0..1_000).map(|number| format!("{number:032x}")).collect();
    runtime.block_on(async {
        let mut spend = async |call: u64| {
            // A thousand a second, so that old ones are forgotten as they are in a gateway.
            let at = now.plus_seconds(i64::try_from(call / 1_000)?);
            let key = KeyId::from_bits(u128::from(call / 1_000));
            let text = texts.get(usize::try_from(call % 1_000)?).context("no text")?;
            let nonce = Nonce { key, text, created_at: at, until: at.plus_seconds(65) };
            ensure!(fast.spend_nonce(&nonce, at).await?, "the nonce was seen");
            anyhow::Ok(())
        };
        Step::time_async("nonce", &mut spend).await
    })
}
