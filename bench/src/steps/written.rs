//! The step that writes down: a record opened and closed, as the gateway does around a request.

use std::net::IpAddr;
use std::path::Path;

use anyhow::Result;
use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{AgentId, KeyId, RecordId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_ledger::entry::{
    AgentEntry, Body, Closing, Decided, DelegationEntry, Labels, Opening, Trace,
};
use bailiwick_store::journal::{Durability, Journal};
use tokio::runtime::Builder;

use super::step::Step;
use crate::maker::{self, PATH};

/// Writes into this folder.
pub(super) fn measure(folder: &Path) -> Result<[Step; 1]> {
    let journal = Journal::create(folder, "steps", Durability::Process)?;
    let scopes = ScopeSet::from_texts(["tickets:write"])?;
    let label = format!("POST {PATH}");
    let opening = opening(&label, &scopes);
    let body = Body { bytes: 1_024, digest: Some([7; 32]) };
    let closing = Closing {
        outcome: Outcome::Allowed,
        code: None,
        decided: Decided::default(),
        status: Some(200),
        request: Some(body),
        response: Some(body),
        labels: Labels::default(),
        duration_us: 1_000,
    };
    let runtime = Builder::new_current_thread().build()?;
    let step = runtime.block_on(async {
        let mut write = async |call: u64| {
            let id = RecordId::from_bits(u128::from(call));
            journal.open(id, &opening).await?;
            Ok(journal.close(id, &closing)?)
        };
        Step::time_async("record opened and closed in the journal", &mut write).await
    });
    Ok([step?])
}

fn opening<'a>(label: &'a str, scopes: &'a ScopeSet) -> Opening<'a> {
    Opening {
        time: maker::now(),
        node: "bench",
        agent: Some(AgentEntry {
            id: AgentId::from_bits(1),
            name: "bench",
            project: "default",
            owner: "bench@bench.test",
            kind: Kind::Autonomous,
        }),
        credential: Some(KeyId::from_bits(1)),
        token: None,
        delegation: DelegationEntry::default(),
        strength: Some(Strength::Key),
        api: Some("tickets"),
        operation: Some(label),
        path_template: Some(PATH),
        method: "POST",
        resource: PATH,
        query: None,
        gen_ai: None,
        scopes_used: Some(scopes),
        address: IpAddr::from([127, 0, 0, 1]),
        user_agent: Some("bench"),
        trace: Some(Trace {
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
            span_id: "00f067aa0ba902b7",
        }),
        via: None,
    }
}
