//! Projects: made and changed by operators.

use bailiwick_domain::agent::Name;
use bailiwick_domain::id::ProjectId;
use bailiwick_domain::project::{Project, Registration};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::govern::effect;
use crate::refusal::Refusal;

/// A project that is not there yet.
#[derive(Debug)]
pub(crate) struct NewProject {
    /// Its name.
    pub(crate) name: Name,
    /// What it is.
    pub(crate) description: String,
    /// How agents come in by themselves.
    pub(crate) registration: Registration,
    /// The ceiling of those that come in without an invite.
    pub(crate) scopes: ScopeSet,
}

/// What is to change of a project; what is absent stays.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// What it is.
    pub(crate) description: Option<String>,
    /// How agents come in by themselves.
    pub(crate) registration: Option<Registration>,
    /// The ceiling of those that come in without an invite.
    pub(crate) scopes: Option<ScopeSet>,
}

/// A project as it is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// By its identifier.
    Id(ProjectId),
    /// By its name.
    Name(Name),
}

impl Address {
    /// What a text addresses: `prj_…` is an identifier, anything else a name.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let unknown = Refusal::NotFound("project");
        let read = if text.starts_with("prj_") {
            text.parse().ok().map(Self::Id)
        } else {
            text.parse().ok().map(Self::Name)
        };
        read.ok_or(unknown)
    }
}

/// Makes a project.
pub(crate) async fn add(authority: &Authority, new: NewProject) -> Result<Project, Refusal> {
    check_narrow(&new.scopes)?;
    let now = authority.now();
    let project = Project {
        id: ProjectId::fresh(now, &authority.entropy),
        name: new.name,
        description: new.description,
        registration: new.registration,
        scopes: new.scopes,
        created_at: now,
        updated_at: now,
    };
    let mut tx = authority.store.begin().await?;
    if let Some(known) = tx.projects().find_named(&project.name).await? {
        return Err(Refusal::NameTaken(format!("{} has it", known.id)));
    }
    tx.projects().insert(&project).await?;
    effect::save(tx).await?;
    Ok(project)
}

/// Changes a project. Agents that are in it stay as they are.
pub(crate) async fn change(
    authority: &Authority,
    address: &Address,
    change: Change,
) -> Result<Project, Refusal> {
    let mut tx = authority.store.begin().await?;
    let mut project = find(&mut tx, address).await?;
    if let Some(scopes) = change.scopes {
        check_narrow(&scopes)?;
        project.scopes = scopes;
    }
    project.description = change.description.unwrap_or(project.description);
    project.registration = change.registration.unwrap_or(project.registration);
    project.updated_at = authority.now();
    tx.projects().update(&project).await?;
    effect::save(tx).await?;
    Ok(project)
}

/// The project at an address.
pub(crate) async fn find(tx: &mut Tx, address: &Address) -> Result<Project, Refusal> {
    match address {
        Address::Id(id) => tx.projects().find(*id).await?.ok_or(Refusal::NotFound("project")),
        Address::Name(name) => named(tx, name).await,
    }
}

/// The project of this name.
pub(crate) async fn named(tx: &mut Tx, name: &Name) -> Result<Project, Refusal> {
    tx.projects().find_named(name).await?.ok_or(Refusal::NotFound("project"))
}

/// Broad scopes are granted to one agent, with a reason; never to whoever comes.
fn check_narrow(scopes: &ScopeSet) -> Result<(), Refusal> {
    let mut broad = scopes.iter().filter(|scope| scope.is_broad());
    match broad.next() {
        None => Ok(()),
        Some(scope) => Err(Refusal::Malformed(format!(
            "`scopes`: a project cannot grant the broad scope `{scope}`"
        ))),
    }
}
