//! A slice decides as the whole set does: by the same policies, with the same errors; and as Cedar
//! does when it is asked plainly.

use std::fmt::Write;
use std::net::Ipv4Addr;

use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::{ApprovalRule, Sensitivity};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_policy::decision::Decision;
use bailiwick_policy::fields::Found;
use bailiwick_policy::question::Question;
use bailiwick_policy::shipped::SCHEMA;
use cedar_policy::{
    Authorizer, Context, Entities, EntityUid, PolicyId, PolicySet, Request, Response, Schema,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::stand::{engine, operation, question};

const AGENTS: [&str; 3] = ["one", "two", "three"];
const PROJECTS: [&str; 2] = ["default", "billing"];
const OPERATIONS: [&str; 5] = [
    "acme GET /tickets/{id}",
    "acme POST /tickets",
    "acme DELETE /tickets/{id}",
    "bank GET /accounts",
    "bank PATCH /accounts",
];

const PRINCIPALS: [&str; 7] = [
    "principal",
    "principal is Agent",
    "principal == Agent::\"default/one\"",
    "principal in Agent::\"billing/two\"",
    "principal in Kind::\"copilot\"",
    "principal is Agent in Kind::\"autonomous\"",
    "principal in Project::\"billing\"",
];
const ACTIONS: [&str; 5] = [
    "action",
    "action == Action::\"read\"",
    "action in Action::\"change\"",
    "action in [Action::\"read\", Action::\"delete\"]",
    "action == Action::\"delete\"",
];
const RESOURCES: [&str; 5] = [
    "resource",
    "resource in Api::\"acme\"",
    "resource == Operation::\"acme GET /tickets/{id}\"",
    "resource is Operation in Api::\"bank\"",
    "resource in Operation::\"bank PATCH /accounts\"",
];
const CONDITIONS: [&str; 16] = [
    "",
    "when { context.scopes.containsAll(resource.scopes) }",
    "when { context has person && context.person == \"psn_1\" }",
    "unless { context has task }",
    "when { context has purpose && context.purpose like \"in*\" }",
    "when { context.proof_level >= 1 && context.proof != Proof::\"mac\" }",
    "when { resource.sensitivity_level > 1 }",
    "unless { resource.approval == Approval::\"never\" }",
    "when { context.hour < 12 && context.weekday > 5 && context.time > 0 }",
    "when { context.address.isInRange(ip(\"10.0.0.0/8\")) }",
    "when { principal.owner == \"support\" }",
    "when { context.text.hasTag(\"path/id\") && context.text.getTag(\"path/id\") == \"7\" }",
    "when { context.number.hasTag(\"body/a\") && context.number.getTag(\"body/a\") > 3 }",
    // These fail for some requests.
    "when { context.chain + 9223372036854775807 > 0 }",
    "when { context.chain * 9223372036854775807 > 5 || true }",
    "unless { context.chain - 9223372036854775807 < -9223372036854775806 }",
];
const EFFECTS: [&str; 9] = [
    "permit",
    "permit",
    "permit",
    "forbid",
    "@approval(\"one\") forbid",
    "@approval(\"two\") forbid",
    "@mask(\"pii\") forbid",
    "@shadow permit",
    "@shadow forbid",
];

fn policies(effects: &'static [&'static str]) -> impl Strategy<Value = String> {
    let policy = (
        select(effects),
        select(&PRINCIPALS),
        select(&ACTIONS),
        select(&RESOURCES),
        select(&CONDITIONS),
    );
    proptest::collection::vec(policy, 1..24).prop_map(|policies| {
        let mut text = String::new();
        for (number, (effect, principal, action, resource, condition)) in
            policies.into_iter().enumerate()
        {
            let scope = format!("({principal}, {action}, {resource})");
            writeln!(text, "@id(\"p{number}\") {effect} {scope} {condition};").unwrap();
        }
        text
    })
}

fn found() -> impl Strategy<Value = Found<'static>> {
    prop_oneof![
        Just(Found::Absent),
        Just(Found::Text("7".into())),
        (0..8_i64).prop_map(Found::Number),
        Just(Found::Unfit),
    ]
}

fn questions() -> impl Strategy<Value = Question> {
    let agent = (select(&AGENTS), select(&PROJECTS), select(&[Kind::Copilot, Kind::Autonomous]));
    let named = (select(&OPERATIONS), 0..4_usize, 0..3_usize);
    let authority = (any::<bool>(), 0..3_usize, any::<bool>(), any::<bool>());
    let request = (select(&[Strength::Bearer, Strength::Mac, Strength::Key]), any::<bool>());
    let rest = (0..1_000_000_i64, any::<bool>(), found(), found());
    (agent, named, authority, request, rest).prop_map(
        |(agent, operation_of, authority, (proof, holds), (later, near, id, amount))| {
            let mut asked = question(operation_of.0);
            let mut wanted = operation(operation_of.0);
            wanted.sensitivity = Sensitivity::ALL[operation_of.1];
            wanted.approval = ApprovalRule::ALL[operation_of.2];
            asked.operation = Arc::new(wanted);
            (asked.agent, asked.project) = (agent.0.to_owned(), agent.1.to_owned());
            asked.kind = agent.2;
            asked.person = authority.0.then(|| "psn_1".to_owned());
            asked.chain = authority.1;
            asked.task = authority.2.then(|| "tsk_1".to_owned());
            asked.purpose = authority.3.then(|| "invoices".to_owned());
            asked.proof = proof;
            asked.scopes = if holds { asked.scopes } else { "x:y".parse().unwrap() };
            asked.at = asked.at.plus_seconds(later);
            asked.address =
                if near { Ipv4Addr::new(10, 0, 0, 1) } else { Ipv4Addr::LOCALHOST }.into();
            asked.fields = [("path/id".to_owned(), id), ("body/a".to_owned(), amount)].into();
            asked
        },
    )
}

/// What Cedar answers when it is given all there is, as JSON.
fn plainly(text: &str, asked: &Question) -> Response {
    let schema = Schema::from_cedarschema_str(SCHEMA).unwrap().0;
    let named: PolicySet = text.parse().unwrap();
    let named = named.policies().map(|it| it.new_id(PolicyId::new(it.annotation("id").unwrap())));
    let set = PolicySet::from_policies(named).unwrap();
    let id = |kind: &str, id: &str| json!({ "__entity": { "type": kind, "id": id } });
    let uid = |value: &Value| EntityUid::from_json(value.clone()).unwrap();
    let operation = &*asked.operation;
    let scopes = |set: &ScopeSet| set.iter().map(ToString::to_string).collect::<Vec<_>>();
    let agent = id("Agent", &format!("{}/{}", asked.project, asked.agent));
    let resource = id("Operation", &format!("{} {operation}", operation.api));
    let entities = json!([
        { "uid": agent, "parents": [id("Kind", asked.kind.as_str()), id("Project", &asked.project)],
          "attrs": { "name": asked.agent, "project": asked.project, "owner": asked.owner } },
        { "uid": resource, "parents": [id("Api", &operation.api)],
          "attrs": {
            "api": &*operation.api, "method": operation.method, "path": operation.template,
            "scopes": scopes(&operation.scopes),
            "sensitivity": id("Sensitivity", operation.sensitivity.as_str()),
            "sensitivity_level": operation.sensitivity as u8,
            "approval": id("Approval", operation.approval.as_str()),
          } },
    ]);
    let entities = Entities::from_json_value(entities, Some(&schema)).unwrap();
    let seconds = asked.at.as_seconds();
    let level = match asked.proof {
        Strength::Bearer => 0,
        Strength::Mac => 1,
        Strength::Key => 2,
    };
    let mut context = json!({
        "chain": asked.chain, "proof": id("Proof", asked.proof.as_str()),
        "proof_level": level,
        "scopes": scopes(&asked.scopes), "time": seconds,
        "hour": seconds / 3_600 % 24, "weekday": (seconds / 86_400 + 3) % 7 + 1,
        "address": { "__extn": { "fn": "ip", "arg": asked.address.to_string() } },
        "text": id("Text", "request"), "number": id("Number", "request"),
    });
    let optional = [("person", &asked.person), ("task", &asked.task), ("purpose", &asked.purpose)];
    for (name, value) in optional {
        if let Some(value) = value {
            context[name] = json!(value);
        }
    }
    let action = match &*operation.method {
        "GET" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    let action = uid(&id("Action", action));
    let context = Context::from_json_value(context, Some((&schema, &action))).unwrap();
    let request =
        Request::new(uid(&agent), action, uid(&resource), context, Some(&schema)).unwrap();
    Authorizer::new().is_authorized(&request, &set, &entities)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_slice_says_what_the_whole_says(
        text in policies(&EFFECTS),
        asked in proptest::collection::vec(questions(), 1..8),
    ) {
        let engine = engine(&text);
        for question in asked {
            let slice = question.slice(&engine).unwrap();
            let whole = engine.whole(&question.principal(), &question.operation).unwrap();
            let facts = question.facts(&slice);
            prop_assert_eq!(slice.decide(&facts), whole.decide(&facts), "{}\n{:?}", text, question);
        }
    }

    /// Held against Cedar asked plainly: one set, every fact, everything held against the schema.
    #[test]
    fn an_answer_is_what_cedar_says_of_the_whole(
        text in policies(&EFFECTS[..4]),
        asked in proptest::collection::vec(questions(), 1..4),
    ) {
        let engine = engine(&text);
        for question in asked {
            let slice = question.slice(&engine).unwrap();
            let answer = slice.decide(&question.facts(&slice));
            if slice.fields().count() > 0 {
                continue;
            }
            let plain = plainly(&text, &question);
            let reasons = plain.diagnostics().reason();
            let mut named: Vec<String> = reasons.map(ToString::to_string).collect();
            let failed = plain.diagnostics().errors().count();
            named.sort();
            let expected = match plain.decision() {
                _ if failed > 0 => Decision::Error,
                cedar_policy::Decision::Allow => Decision::Allow,
                cedar_policy::Decision::Deny => Decision::Deny,
            };
            prop_assert_eq!(answer.decision, expected, "{}\n{:?}", text, question);
            prop_assert_eq!(answer.errors.len(), failed);
            if failed == 0 {
                let led: Vec<&str> = answer.policies.iter().map(|policy| &*policy.id).collect();
                prop_assert_eq!(led, named, "{}\n{:?}", text, question);
            }
        }
    }
}
