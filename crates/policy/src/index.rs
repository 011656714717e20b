//! Policies by what their scopes name, so that those that cannot match are never looked at.

use std::collections::HashMap;

use cedar_policy::EntityUid;

use crate::action::Action;
use crate::head::Head;

/// Numbers of policies, by what they name.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_action: HashMap<Action, ByPrincipal>,
}

type ByPrincipal = HashMap<Option<EntityUid>, ByResource>;
type ByResource = HashMap<Option<EntityUid>, Vec<usize>>;

impl Index {
    /// Arranges heads; a policy's number is its head's place.
    pub(crate) fn of<'a>(heads: impl Iterator<Item = &'a Head>) -> Self {
        let mut index = Self::default();
        for (number, head) in heads.enumerate() {
            for action in &head.actions {
                let by_principal = index.by_action.entry(*action).or_default();
                let by_resource = by_principal.entry(head.principal.clone()).or_default();
                by_resource.entry(head.resource.clone()).or_default().push(number);
            }
        }
        index
    }

    /// The numbers of the policies that can match, in order: of `principals` and `resources` each
    /// is the thing itself and everything that it is in, and none.
    pub(crate) fn matching(
        &self,
        principals: &[Option<EntityUid>],
        action: Action,
        resources: &[Option<EntityUid>],
    ) -> Vec<usize> {
        let Some(by_principal) = self.by_action.get(&action) else { return Vec::new() };
        let by_resource = principals.iter().filter_map(|principal| by_principal.get(principal));
        let mut numbers: Vec<usize> = by_resource
            .flat_map(|found| resources.iter().filter_map(|resource| found.get(resource)))
            .flatten()
            .copied()
            .collect();
        numbers.sort_unstable();
        numbers
    }
}
