//! What strangers are told of where they could come in.

use std::sync::Arc;

use bailiwick_domain::api::Api;
use bailiwick_domain::project::{Project, Registration};
use bailiwick_domain::scope::{Scope, ScopeSet};

use crate::authority::Authority;
use crate::refusal::Refusal;

/// A project that takes agents, and what they might do there.
#[derive(Debug)]
pub(crate) struct Welcoming {
    /// The project.
    pub(crate) project: Project,
    /// The APIs, and of each the scopes an agent could get.
    pub(crate) apis: Vec<(Arc<str>, ScopeSet)>,
}

/// Every project that is not closed. Where agents come in by invite alone, the invite says what
/// they get, so all there is to get is told; elsewhere the project's ceiling bounds it.
pub(crate) async fn projects(authority: &Authority) -> Result<Vec<Welcoming>, Refusal> {
    let mut projects = authority.store.read().await?.projects().list().await?;
    projects.retain(|project| project.registration != Registration::Closed);
    let told = projects.into_iter().map(|project| {
        let apis = authority.apis.iter().map(|api| (Arc::clone(&api.name), used(api, &project)));
        let apis = apis.filter(|(_, scopes)| !scopes.is_empty()).collect();
        Welcoming { project, apis }
    });
    Ok(told.collect())
}

fn used(api: &Api, project: &Project) -> ScopeSet {
    let scopes = api.operations.iter().flat_map(|operation| operation.scopes.iter());
    let reachable = |scope: &&Scope| match project.registration {
        Registration::Closed => false,
        Registration::Invite => true,
        Registration::Ask | Registration::Open => project.scopes.contains(scope),
    };
    ScopeSet::new(scopes.filter(reachable).cloned())
}
