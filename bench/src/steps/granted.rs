//! The steps of delegation: a line of grants, its budgets, and what the API is told, signed.

use std::hint::black_box;

use anyhow::{Context, Result, anyhow, ensure};
use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::grant::{Budgets, Extent, Grant};
use bailiwick_domain::id::{AgentId, GrantId, PersonId, RecordId, TaskId};
use bailiwick_domain::time::Timestamp;
use bailiwick_gateway::world::grants::Grants;
use bailiwick_proof::jwt::{Done, TransactionAgent, TransactionToken, target_digest};
use bailiwick_proof::keys::SigningKey;
use bailiwick_store::fast::{Charge, Charged, Fast};
use tokio::runtime::Builder;

use super::step::Step;
use crate::maker::{self, HOST, PATH};

/// A line of four, the budgets of a task, a signed token by either algorithm.
pub(super) fn measure() -> Result<[Step; 4]> {
    Ok([
        line()?,
        budgets()?,
        token("Txn-Token, signed with Ed25519", Algorithm::Ed25519)?,
        token("the same, signed with ES256, which is not used", Algorithm::EcdsaP256Sha256)?,
    ])
}

/// Among a hundred thousand grants.
fn line() -> Result<Step> {
    let now = maker::now();
    let mut grants = Grants::default();
    for number in 0..100_000 {
        grants.put_grant(grant(number, now));
    }
    Step::time("a line of four grants", |call| {
        let leaf = u128::from(call).wrapping_mul(7_919) % 100_000;
        let mut next = Some(GrantId::from_bits(leaf / 4 * 4));
        let mut length = 0;
        while let Some(id) = next {
            let grant = grants.find(black_box(id), now).context("no such grant")?;
            ensure!(!grant.person.is_some_and(|person| grants.is_blocked(person)), "blocked");
            next = grant.parent;
            length += 1;
        }
        ensure!(length == 4, "the line is {length} long");
        Ok(())
    })
}

fn grant(number: u128, now: Timestamp) -> Grant {
    Grant {
        id: GrantId::from_bits(number),
        agent: AgentId::from_bits(1),
        person: Some(PersonId::from_bits(1)),
        parent: (number % 4 < 3).then(|| GrantId::from_bits(number + 1)),
        depth: 1,
        key: None,
        session: None,
        token: None,
        task: None,
        purpose: String::new(),
        extent: Extent::default(),
        budgets: Budgets::default(),
        expires_at: now.plus_seconds(3_600),
        ended_at: None,
        ended_because: None,
        created_at: now,
    }
}

fn budgets() -> Result<Step> {
    let runtime = Builder::new_current_thread().build()?;
    let now = maker::now();
    let fast = Fast::open("memory", now)?;
    let charge = Charge {
        grant: GrantId::from_bits(1),
        budgets: "calls=4000000000 writes=4000000000".parse()?,
        given_at: now,
        until: now.plus_seconds(3_600),
    };
    runtime.block_on(async {
        let mut spend = async |_: u64| {
            let charged = fast.charge(black_box(&[charge]), [1, 1, 0], now).await?;
            ensure!(charged == Charged::Within, "the budget is exhausted");
            anyhow::Ok(())
        };
        Step::time_async("budgets of a task", &mut spend).await
    })
}

fn token(what: &'static str, algorithm: Algorithm) -> Result<Step> {
    let key = SigningKey::generate(algorithm, &maker::entropy())?;
    let now = maker::now();
    Step::time(what, |call| {
        let token = described(call, now)?;
        let text = token.sign(&key).map_err(|error| anyhow!("{error}"))?;
        ensure!(text.len() > 100, "a token is longer");
        Ok(())
    })
}

fn described(call: u64, now: Timestamp) -> Result<TransactionToken> {
    Ok(TransactionToken {
        iss: "http://issuer.bench.test".to_owned(),
        aud: "bench.test".to_owned(),
        iat: now,
        txn: RecordId::from_bits(u128::from(call)),
        sub: PersonId::from_bits(1).to_string(),
        scope: "tickets:write".parse()?,
        req_wl: format!("http://{HOST}"),
        act: vec!["spiffe://bench.test/default/agent".to_owned()],
        agent: TransactionAgent {
            id: AgentId::from_bits(1),
            name: "agent".parse()?,
            project: "default".parse()?,
            owner: "bench".to_owned(),
            kind: Kind::Autonomous,
        },
        task: Some(TaskId::from_bits(1)),
        purpose: Some("measure".to_owned()),
        done: Done {
            api: "tickets".to_owned(),
            operation: format!("POST {PATH}"),
            method: "POST".to_owned(),
            target_digest: target_digest(black_box(PATH)),
        },
        req_ip: "127.0.0.1".to_owned(),
        authn: "key".to_owned(),
    })
}
