//! What of a policy set can matter for one agent and one operation, and the decision by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_domain::operation::Operation;
use cedar_policy::{
    Authorizer, Entities, EntityUid, PolicyId, PolicySet, PolicySetError, Request, Response,
};

use crate::context::{self, Unfit};
use crate::decision::{Answer, Decision};
use crate::entities::Names;
use crate::facts::{Fact, Facts};
use crate::fields::Field;
use crate::policy::Policy;
use crate::read::Rule;

/// Rules, divided by what they do, and what they look at.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    ordinary: PolicySet,
    approvals: PolicySet,
    masks: PolicySet,
    shadow: PolicySet,
    by_id: BTreeMap<Arc<str>, Arc<Policy>>,
    /// The facts of `context` that are built.
    context: Vec<Fact>,
    fields: Vec<(Field, Vec<Arc<Policy>>)>,
}

/// What can matter for one agent and one operation, with everything that does not change from
/// request to request. It stands for them as they were: an agent or an operation that changes needs
/// another ([`crate::slices::Slices`]).
#[derive(Debug)]
pub struct Slice {
    pub(crate) rules: Arc<Rules>,
    pub(crate) names: Arc<Names>,
    pub(crate) entities: Entities,
    pub(crate) asks: [EntityUid; 3],
    pub(crate) operation: Arc<Operation>,
}

impl Rules {
    /// Divides rules.
    pub(crate) fn of<'a>(rules: impl Iterator<Item = &'a Rule>) -> Result<Self, String> {
        let mut divided = Self::default();
        let mut fields: BTreeMap<Field, Vec<Arc<Policy>>> = BTreeMap::new();
        for Rule { policy, cedar, .. } in rules {
            divided.put(policy, cedar).map_err(|error| error.to_string())?;
            for fact in &policy.reads.facts {
                match fact {
                    Fact::Field(field) => {
                        fields.entry(field.clone()).or_default().push(Arc::clone(policy));
                    }
                    shown if shown.attribute().is_some() && !divided.context.contains(shown) => {
                        divided.context.push(shown.clone());
                    }
                    _ => {}
                }
            }
        }
        divided.fields = fields.into_iter().collect();
        Ok(divided)
    }

    #[expect(clippy::result_large_err, reason = "Cedar's own error, and not on a request's way")]
    fn put(
        &mut self,
        policy: &Arc<Policy>,
        cedar: &cedar_policy::Policy,
    ) -> Result<(), PolicySetError> {
        self.by_id.insert(Arc::clone(&policy.id), Arc::clone(policy));
        let set = match (policy.is_shadow, policy.approvers) {
            (true, _) => &mut self.shadow,
            (false, Some(_)) => &mut self.approvals,
            (false, None) if !policy.masks.is_empty() => &mut self.masks,
            (false, None) => &mut self.ordinary,
        };
        set.add(cedar.clone())
    }

    /// The same rules, with every fact shown, and the fields of others.
    pub(crate) fn showing_everything(self, fields_of: &Self) -> Self {
        Self { context: context::FACTS.to_vec(), fields: fields_of.fields.clone(), ..self }
    }
}

impl Slice {
    /// What of a request policies look at: [`Facts::fields`] is to hold what is found at each, in
    /// this order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.rules.fields.iter().map(|(field, _)| field)
    }

    /// Whether a policy looks at this fact, which [`Facts`] need not say otherwise.
    pub fn shows(&self, fact: &Fact) -> bool {
        self.rules.context.contains(fact)
    }

    /// The operation it is for.
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// The policies in it, by name.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.rules.by_id.values()
    }

    /// Decides a request.
    pub fn decide(&self, facts: &Facts<'_>) -> Answer {
        let asked = match self.ask(facts) {
            Ok(asked) => asked,
            Err(answer) => return *answer,
        };
        let ordinary = asked.of(&self.rules.ordinary);
        let mut answer = self.answer(&ordinary);
        if answer.decision == Decision::Allow && !self.rules.approvals.is_empty() {
            let approvals = self.answer(&asked.of(&self.rules.approvals));
            answer = with_approvals(answer, approvals);
        }
        let goes_on = matches!(answer.decision, Decision::Allow | Decision::NeedsApproval { .. });
        if goes_on && !self.rules.masks.is_empty() {
            let masks = self.answer(&asked.of(&self.rules.masks));
            answer = with_masks(answer, masks);
        }
        if !self.rules.shadow.is_empty() {
            answer.otherwise = self.otherwise(&answer, &asked);
        }
        answer
    }

    fn ask(&self, facts: &Facts<'_>) -> Result<Asked<'_>, Box<Answer>> {
        let fail = |message| Box::new(failed(message, Vec::new()));
        let has_fields = !self.rules.fields.is_empty();
        let shown = self.rules.context.iter();
        let context = context::build(&self.names, facts, shown, has_fields).map_err(fail)?;
        let [principal, action, resource] = self.asks.clone();
        let request = Request::new(principal, action, resource, context, None)
            .map_err(|error| fail(error.to_string()))?;
        let with_fields = if has_fields { Some(self.with_fields(facts)?) } else { None };
        Ok(Asked { request, entities: &self.entities, with_fields })
    }

    fn with_fields(&self, facts: &Facts<'_>) -> Result<Entities, Box<Answer>> {
        let shown = context::fields(&self.names, facts, self.fields());
        let fields = shown.map_err(|unfit| Box::new(self.unfit(&unfit)))?;
        let entities = self.entities.clone().add_entities(fields, None);
        entities.map_err(|error| Box::new(failed(error.to_string(), Vec::new())))
    }

    fn unfit(&self, unfit: &Unfit<'_>) -> Answer {
        let field = match unfit {
            Unfit::Field(field) => *field,
            Unfit::Unreadable(message) => return failed(message.clone(), Vec::new()),
        };
        let what = if field.is_number() { "a whole number" } else { "a text" };
        let mut readers = self.rules.fields.iter().filter(|(known, _)| known == field);
        let readers = readers.next().map(|(_, readers)| readers.clone()).unwrap_or_default();
        failed(format!("`{}` is not {what}", field.name()), readers)
    }

    fn answer(&self, response: &Response) -> Answer {
        let diagnostics = response.diagnostics();
        let errors: Vec<String> = diagnostics.errors().map(ToString::to_string).collect();
        if !errors.is_empty() {
            let failing = diagnostics.errors().map(|error| match error {
                cedar_policy::AuthorizationError::PolicyEvaluationError(error) => error.policy_id(),
            });
            let policies = self.named(failing);
            return Answer { errors, ..answer(Decision::Error, policies) };
        }
        let decision = match response.decision() {
            cedar_policy::Decision::Allow => Decision::Allow,
            cedar_policy::Decision::Deny => Decision::Deny,
        };
        let policies = self.named(diagnostics.reason());
        answer(decision, policies)
    }

    fn named<'a>(&self, ids: impl Iterator<Item = &'a PolicyId>) -> Vec<Arc<Policy>> {
        let known = ids.filter_map(|id| self.rules.by_id.get(AsRef::<str>::as_ref(id)));
        let mut policies: Vec<Arc<Policy>> = known.cloned().collect();
        policies.sort_by(|one, other| one.id.cmp(&other.id));
        policies
    }

    /// The shadow policies by which the decision would have been another. One that permits changes
    /// nothing where another forbids; one that forbids, nothing where it is refused anyhow.
    fn otherwise(&self, answer: &Answer, asked: &Asked<'_>) -> Vec<Arc<Policy>> {
        let shadow = self.answer(&asked.of(&self.rules.shadow));
        let asked_of = match answer.decision {
            Decision::Allow => 0,
            Decision::NeedsApproval { approvers } => approvers,
            Decision::Deny => {
                let unpermitted = answer.policies.is_empty();
                let permits = unpermitted && shadow.decision == Decision::Allow;
                return if permits { shadow.policies } else { Vec::new() };
            }
            Decision::Error => return Vec::new(),
        };
        match shadow.decision {
            Decision::Error => shadow.policies,
            Decision::Deny | Decision::NeedsApproval { .. } => {
                let asks_more =
                    |policy: &Arc<Policy>| policy.approvers.is_none_or(|more| more > asked_of);
                shadow.policies.into_iter().filter(asks_more).collect()
            }
            Decision::Allow => Vec::new(),
        }
    }
}

/// A request as Cedar takes it.
struct Asked<'a> {
    request: Request,
    entities: &'a Entities,
    with_fields: Option<Entities>,
}

impl Asked<'_> {
    fn of(&self, policies: &PolicySet) -> Response {
        let entities = self.with_fields.as_ref().unwrap_or(self.entities);
        Authorizer::new().is_authorized(&self.request, policies, entities)
    }
}

/// What policies that ask for approval say of a request that is allowed but for them. They only
/// forbid, so that "denied" without a reason is none of theirs.
fn with_approvals(allowed: Answer, asking: Answer) -> Answer {
    if asking.decision == Decision::Error {
        return asking;
    }
    match asking.policies.iter().filter_map(|policy| policy.approvers).max() {
        Some(approvers) => Answer { decision: Decision::NeedsApproval { approvers }, ..asking },
        None => allowed,
    }
}

/// What policies that mask say of a request that goes on. They only mask, so that the decision
/// stays; one that fails refuses, since nobody knows what it would have masked.
fn with_masks(answer: Answer, masks: Answer) -> Answer {
    if masks.decision == Decision::Error {
        return masks;
    }
    Answer { masking: masks.policies, ..answer }
}

fn answer(decision: Decision, policies: Vec<Arc<Policy>>) -> Answer {
    let (errors, otherwise, masking) = (Vec::new(), Vec::new(), Vec::new());
    Answer { decision, policies, errors, otherwise, masking }
}

fn failed(error: String, policies: Vec<Arc<Policy>>) -> Answer {
    Answer { errors: vec![error], ..answer(Decision::Error, policies) }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use bailiwick_domain::agent::Kind;
    use bailiwick_domain::credential::Strength;
    use bailiwick_domain::time::Timestamp;

    use super::*;
    use crate::engine::Engine;
    use crate::facts::Principal;
    use crate::fields::Found;
    use crate::schema;
    use crate::source::Source;

    const READING: &str = r#"
        @id("a") permit (principal, action, resource)
        when { context.text.hasTag("path/id") || context.number.hasTag("body/n") };
    "#;

    /// Requests are not held against the schema one by one, for that takes longer than to decide
    /// them: so here one that shows everything is.
    #[test]
    fn a_request_that_shows_everything_is_as_the_schema_says() {
        let engine = Engine::read(&[Source { name: "test", text: READING }]).unwrap();
        let principal = Principal { name: "a", project: "b", owner: "c", kind: Kind::Copilot };
        let operation = Arc::new(Operation {
            api: "acme".into(),
            method: "DELETE".to_owned(),
            template: "/t/{id}".to_owned(),
            scopes: "t:x t:y".parse().unwrap(),
            limit: None,
            sensitivity: bailiwick_domain::operation::Sensitivity::Restricted,
            approval: bailiwick_domain::operation::ApprovalRule::Always,
            approvers: 1,
        });
        let slice = engine.whole(&principal, &operation).unwrap();
        let facts = Facts {
            person: Some("psn_1".into()),
            chain: 2,
            task: Some("tsk_1".into()),
            purpose: Some("p".into()),
            proof: Strength::Mac,
            scopes: Cow::Owned("t:x".parse().unwrap()),
            at: Timestamp::from_seconds(7),
            address: "::ffff:10.0.0.1".parse().unwrap(),
            fields: vec![Found::Text("7".into()), Found::Number(7)],
        };
        let asked = slice.ask(&facts).unwrap();
        let schema = schema::read().unwrap();
        let context = asked.request.context().unwrap();
        context.validate(&schema, &slice.asks[1]).unwrap();
        let entities = asked.with_fields.unwrap();
        let (shown, schema) = (entities.iter().cloned(), Some(&schema));
        assert_eq!(Entities::from_entities(shown, schema).unwrap().len(), 5 + 3);
        let [agent, action, resource] = slice.asks.clone();
        Request::new(agent, action, resource, context.clone(), schema).unwrap();
    }
}
