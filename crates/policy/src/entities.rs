//! The names of things as Cedar knows them, and the agent and the operation as entities.

use std::collections::{HashMap, HashSet};

use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::Operation;
use cedar_policy::{
    Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression as Value,
};

use crate::action::Action;
use crate::facts::Principal;

/// The names of the schema, read once.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    agent: EntityTypeName,
    kind: EntityTypeName,
    project: EntityTypeName,
    api: EntityTypeName,
    operation: EntityTypeName,
    sensitivity: EntityTypeName,
    approval: EntityTypeName,
    actions: [EntityUid; 3],
    change: EntityUid,
    proofs: [EntityUid; 3],
    /// What has the fields that are read as texts.
    pub text: EntityUid,
    /// What has the fields that are read as numbers.
    pub number: EntityUid,
}

/// An agent's or an operation's name, and what it is in.
pub(crate) struct Placed {
    pub uid: EntityUid,
    pub parents: Vec<EntityUid>,
}

impl Names {
    pub(crate) fn read() -> Result<Self, String> {
        Self::parse().map_err(|errors| errors.to_string())
    }

    #[expect(clippy::result_large_err, reason = "Cedar's own error, and not on a request's way")]
    fn parse() -> Result<Self, cedar_policy::ParseErrors> {
        let action: EntityTypeName = "Action".parse()?;
        let proof: EntityTypeName = "Proof".parse()?;
        let strengths = [Strength::Bearer, Strength::Mac, Strength::Key];
        Ok(Self {
            agent: "Agent".parse()?,
            kind: "Kind".parse()?,
            project: "Project".parse()?,
            api: "Api".parse()?,
            operation: "Operation".parse()?,
            sensitivity: "Sensitivity".parse()?,
            approval: "Approval".parse()?,
            actions: Action::ALL.map(|known| uid(&action, known.as_str())),
            change: uid(&action, "change"),
            proofs: strengths.map(|known| uid(&proof, known.as_str())),
            text: uid(&"Text".parse()?, "request"),
            number: uid(&"Number".parse()?, "request"),
        })
    }

    pub(crate) fn action(&self, action: Action) -> &EntityUid {
        let [read, write, delete] = &self.actions;
        match action {
            Action::Read => read,
            Action::Write => write,
            Action::Delete => delete,
        }
    }

    /// The name of a strength of proof, and its level.
    pub(crate) fn proof(&self, strength: Strength) -> (&EntityUid, i64) {
        let [bearer, mac, key] = &self.proofs;
        match strength {
            Strength::Bearer => (bearer, 0),
            Strength::Mac => (mac, 1),
            Strength::Key => (key, 2),
        }
    }

    /// `Agent::"<project>/<name>"`, in its kind and its project.
    pub(crate) fn principal(&self, principal: &Principal<'_>) -> Placed {
        let Principal { name, project, .. } = principal;
        Placed {
            uid: uid(&self.agent, &format!("{project}/{name}")),
            parents: vec![uid(&self.kind, principal.kind.as_str()), uid(&self.project, project)],
        }
    }

    /// `Operation::"<api> <METHOD> <template>"`, in its API.
    pub(crate) fn resource(&self, operation: &Operation) -> Placed {
        Placed {
            uid: uid(&self.operation, &format!("{} {operation}", operation.api)),
            parents: vec![uid(&self.api, &operation.api)],
        }
    }

    /// The action, in its group.
    fn grouped(&self, action: Action) -> Entity {
        let is_in = Action::named("change").contains(&action).then(|| self.change.clone());
        Entity::new_no_attrs(self.action(action).clone(), is_in.into_iter().collect())
    }

    /// The agent, the operation and what it does, with what policies may ask of them.
    pub(crate) fn entities(
        &self,
        (principal, agent): (&Principal<'_>, &Placed),
        (operation, resource): (&Operation, &Placed),
    ) -> Result<Entities, String> {
        let of_agent = [
            ("name", text(principal.name)),
            ("project", text(principal.project)),
            ("owner", text(principal.owner)),
        ];
        let sensitivity = uid(&self.sensitivity, operation.sensitivity.as_str());
        let level = bailiwick_domain::operation::Sensitivity::ALL
            .iter()
            .position(|known| *known == operation.sensitivity)
            .and_then(|place| i64::try_from(place).ok());
        let approval = uid(&self.approval, operation.approval.as_str());
        let of_operation = [
            ("api", text(&operation.api)),
            ("method", text(&operation.method)),
            ("path", text(&operation.template)),
            ("scopes", Value::new_set(operation.scopes.iter().map(|scope| text(scope.as_str())))),
            ("sensitivity", Value::new_entity_uid(sensitivity)),
            ("sensitivity_level", Value::new_long(level.unwrap_or(i64::MAX))),
            ("approval", Value::new_entity_uid(approval)),
        ];
        let action = self.grouped(Action::of(&operation.method));
        let entities = [entity(agent, of_agent)?, entity(resource, of_operation)?, action];
        Entities::from_entities(entities, None).map_err(|error| error.to_string())
    }
}

fn entity<const N: usize>(placed: &Placed, has: [(&str, Value); N]) -> Result<Entity, String> {
    let attributes: HashMap<String, Value> =
        has.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let parents: HashSet<EntityUid> = placed.parents.iter().cloned().collect();
    Entity::new(placed.uid.clone(), attributes, parents).map_err(|error| error.to_string())
}

impl Placed {
    /// Itself, everything it is in, and none: what scopes can name that match it.
    pub(crate) fn named(&self) -> Vec<Option<EntityUid>> {
        let parents = self.parents.iter().cloned().map(Some);
        [None, Some(self.uid.clone())].into_iter().chain(parents).collect()
    }
}

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

fn text(text: &str) -> Value {
    Value::new_string(text.to_owned())
}
