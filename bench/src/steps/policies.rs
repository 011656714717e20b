//! The step that asks the policies: a request decided by what of the set can matter for its agent
//! and operation, and by the whole set.

use std::borrow::Cow;
use std::fmt::Write;
use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Result, ensure};
use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_policy::decision::Decision;
use bailiwick_policy::engine::Engine;
use bailiwick_policy::facts::{Facts, Principal};
use bailiwick_policy::shipped::SHIPPED;
use bailiwick_policy::slice::Slice;
use bailiwick_policy::source::Source;

use super::step::Step;
use crate::maker;

const ASKER: Principal<'_> =
    Principal { name: "agent-0", project: "billing", owner: "team", kind: Kind::Autonomous };

/// The shipped policies, and they with 96 and 996 more: an agent's, an operation's, a project's and
/// a kind's for an API, in turns, each with two conditions.
pub(super) fn measure() -> Result<Vec<Step>> {
    let [shipped, hundred, thousand] = [0, 96, 996].map(engine);
    let (hundred, thousand) = (hundred?, thousand?);
    Ok(vec![
        decided("policies: the shipped ones", &shipped?, Engine::slice)?,
        decided("policies: 100, those that can match", &hundred, Engine::slice)?,
        decided("policies: 100, all of them", &hundred, Engine::whole)?,
        decided("policies: 1,000, those that can match", &thousand, Engine::slice)?,
        decided("policies: 1,000, all of them", &thousand, Engine::whole)?,
    ])
}

type Slicing = fn(
    &Engine,
    &Principal<'_>,
    &Arc<Operation>,
) -> Result<Slice, bailiwick_policy::engine::Unaskable>;

fn decided(what: &'static str, engine: &Engine, slicing: Slicing) -> Result<Step> {
    let scopes: ScopeSet = "tickets:read tickets:write users:read".parse()?;
    let needed = "tickets:write".parse()?;
    let operation = Arc::new(Operation::new("tickets", "POST", "/v1/tickets", needed));
    let slice = slicing(engine, &ASKER, &operation)?;
    let facts = Facts {
        person: None,
        chain: 0,
        task: Some("tsk_00000000000000000000000001".into()),
        purpose: Some("summarize open tickets".into()),
        proof: Strength::Key,
        scopes: Cow::Borrowed(&scopes),
        at: maker::now(),
        address: IpAddr::from([192, 0, 2, 7]),
        fields: Vec::new(),
    };
    Step::time(what, |_| {
        let answer = slice.decide(black_box(&facts));
        ensure!(answer.decision == Decision::Allow, "{answer:?}");
        Ok(())
    })
}

fn engine(more: usize) -> Result<Engine> {
    let mut text = String::new();
    for number in 0..more {
        let scope = match number % 4 {
            0 => format!("principal == Agent::\"billing/agent-{number}\", action, resource"),
            1 => format!("principal, action, resource == Operation::\"tickets GET /v1/{number}\""),
            2 => format!("principal in Project::\"project-{}\", action, resource", number % 50),
            _ => {
                let api = number % 20;
                format!("principal in Kind::\"copilot\", action, resource in Api::\"api-{api}\"")
            }
        };
        writeln!(
            text,
            "@id(\"p{number}\") forbid ({scope}) when {{ context has purpose && \
             context.purpose == \"purpose {number}\" && context.hour > 20 }};"
        )?;
    }
    let mut sources = SHIPPED.to_vec();
    sources.push(Source { name: "more", text: &text });
    Ok(Engine::read(&sources)?)
}
