//! From nothing to an agent that may act.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent::who_am_i;
use crate::builder::{client, link};
use crate::client::Client;
use crate::error::Error;
use crate::identity::{self, Identity, Me};
use crate::key::Key;
use crate::link::{Body, Link, Question};
use crate::settings::Options;
use crate::signing::Signer;
use crate::store::Store;

/// The first look at whether an operator has decided, and the longest wait between two.
const FIRST_LOOK: Duration = Duration::from_secs(2);
const LAST_LOOK: Duration = Duration::from_secs(30);

/// By what an agent comes in.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// An invite code from an operator, `bwi_…`.
    Invite(String),
    /// The project that is asked, by id or name.
    Project(String),
}

/// The project that there always is.
impl Default for Entry {
    fn default() -> Self {
        Self::Project("default".to_owned())
    }
}

/// An invite code lets in whoever has it, and is not shown.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invite(_) => f.write_str("Invite"),
            Self::Project(project) => write!(f, "Project({project})"),
        }
    }
}

/// Who wants to come in, and how.
///
/// ```
/// use bailiwick_client::{Bootstrap, Entry, FileStore};
/// use std::sync::Arc;
///
/// let wanted = Bootstrap {
///     server: "https://authority.acme.example".into(),
///     entry: Entry::Invite("bwi_…".into()),
///     name: "ticket-summarizer".into(),
///     owner: "support".into(),
///     purpose: "sums tickets up".into(),
///     store: Some(Arc::new(FileStore::new("summarizer.json"))),
///     ..Bootstrap::default()
/// };
/// # assert!(!format!("{wanted:?}").contains("bwi_"));
/// ```
pub struct Bootstrap {
    /// The authority's address.
    pub server: String,
    /// By what it comes in.
    pub entry: Entry,
    /// The name it wants: a-z, 0-9 and `-`.
    pub name: String,
    /// The person or team who answers for it.
    pub owner: String,
    /// What it is for.
    pub purpose: String,
    /// Whether a person watches it; it acts alone when left out.
    pub kind: Option<Kind>,
    /// A key of one's own making; one is made when left out.
    pub key: Option<Key>,
    /// Where the identity is kept; the second start finds it there and does not enroll again.
    pub store: Option<Arc<dyn Store>>,
    /// How long to wait for an operator.
    pub wait: Duration,
    /// Told once when an operator has to approve.
    pub on_pending: Option<OnPending>,
    /// What else may be set.
    pub options: Options,
}

/// Told of an agent that waits for an operator.
pub type OnPending = Box<dyn Fn(&Identity) + Send + Sync>;

/// How an agent acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// While a person watches.
    Copilot,
    /// Alone.
    Autonomous,
}

/// Waits ten minutes for an operator.
impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            server: String::new(),
            entry: Entry::default(),
            name: String::new(),
            owner: String::new(),
            purpose: String::new(),
            kind: None,
            key: None,
            store: None,
            wait: Duration::from_mins(10),
            on_pending: None,
            options: Options::default(),
        }
    }
}

impl fmt::Debug for Bootstrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bootstrap")
            .field("server", &self.server)
            .field("entry", &self.entry)
            .field("name", &self.name)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Makes a key, enrolls with it, waits where somebody has to approve, and returns a client that is
/// ready. With a store it does so once; after that it takes what is there.
pub async fn bootstrap(wanted: Bootstrap) -> Result<Client, Error> {
    let link = link(&wanted.options, Some(&wanted.server))?;
    let entering = Entering { wanted, link };
    let (key, known) = entering.prepare().await?;
    let was_active = known.as_ref().is_some_and(|it| it.status == "active");
    let identity = match known {
        Some(identity) => identity,
        None => entering.register(&key).await?,
    };
    let identity = entering.until_active(identity, &key).await?;
    let Entering { wanted, link } = entering;
    if let Some(store) = wanted.store.as_ref().filter(|_| !was_active) {
        identity::save_identity(&**store, &identity, &key).await?;
    }
    client(&wanted.options, link, (identity, key), wanted.store)
}

/// Where agents can come in, and what they could get there.
pub async fn discover(server: &str, options: &Options) -> Result<Discovery, Error> {
    link(options, Some(server))?.ask(&Question::get("/api/agents/discover", None)).await
}

/// Where agents can come in.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Discovery {
    /// Every project that is not closed, by name.
    pub projects: Vec<DiscoveredProject>,
}

/// A project that takes agents.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct DiscoveredProject {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// `invite`: with an invite. `ask`: with an invite, or an operator approves. `open`: anyone.
    pub registration: String,
    /// What agents of it might do.
    pub apis: Vec<DiscoveredApi>,
}

/// An API that agents of a project might call.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct DiscoveredApi {
    /// Its name.
    pub name: String,
    /// The scopes an agent could get there; by invite, the invite says which.
    pub scopes: Vec<String>,
}

/// One agent on its way in.
struct Entering {
    wanted: Bootstrap,
    link: Link,
}

impl Entering {
    /// The key, kept before it is used for the first time, and who holds it already.
    async fn prepare(&self) -> Result<(Key, Option<Identity>), Error> {
        let server = self.link.origin();
        let kept = match &self.wanted.store {
            Some(store) => identity::load(&**store).await?,
            None => None,
        };
        let is_new = kept.is_none();
        let kept = kept.unwrap_or_default();
        if let Some(other) = kept.server.filter(|it| *it != server) {
            let what = format!("the store holds an agent of {other}, not of {server}");
            return Err(Error::store(what, "give each agent a store of its own"));
        }
        let key = match self.wanted.key.clone().or(kept.key) {
            Some(key) => key,
            None => Key::generate()?,
        };
        if let Some(store) = self.wanted.store.as_ref().filter(|_| is_new) {
            identity::save_key(&**store, &server, &key).await?;
        }
        Ok((key, kept.identity))
    }

    /// Registers; or finds that the key was registered before, and nobody heard the answer.
    async fn register(&self, key: &Key) -> Result<Identity, Error> {
        let signer = Signer::own(key);
        let (path, body) = (self.path(), Body::Json(self.application(key)?));
        let (method, dpop, signed) = (Method::POST, None, Some(&signer));
        let question = Question { method, path, body, dpop, signer: signed, repeatable: false };
        match self.link.ask::<Me>(&question).await {
            Err(Error::Denied(denial)) if denial.is("identity_taken") => {
                match who_am_i(&self.link, &signer).await {
                    Ok(me) if me.name == self.wanted.name => Ok(me.identity(&self.link.origin())),
                    Err(Error::Denied(unknown)) if !unknown.is("credential_unknown") => {
                        Err(Error::Denied(unknown))
                    }
                    Ok(_) | Err(_) => Err(Error::Denied(denial)),
                }
            }
            told => Ok(told?.identity(&self.link.origin())),
        }
    }

    fn path(&self) -> &'static str {
        match self.wanted.entry {
            Entry::Invite(_) => "/api/agents/register",
            Entry::Project(_) => "/api/agents/request-access",
        }
    }

    fn application(&self, key: &Key) -> Result<Value, Error> {
        let Bootstrap { name, owner, purpose, .. } = &self.wanted;
        let mut said = json!({"name": name, "owner": owner, "purpose": purpose});
        let mut say = |name: &str, value: Value| {
            if let Some(said) = said.as_object_mut() {
                said.insert(name.to_owned(), value);
            }
        };
        match &self.wanted.entry {
            Entry::Invite(code) => say("inviteCode", code.clone().into()),
            Entry::Project(project) => say("projectId", project.clone().into()),
        }
        match self.wanted.kind {
            None => {}
            Some(Kind::Copilot) => say("kind", "copilot".into()),
            Some(Kind::Autonomous) => say("kind", "autonomous".into()),
        }
        if let Some(address) = key.address() {
            say("walletAddress", address.into());
            return Ok(said);
        }
        let jwk = key.public_jwk().and_then(|jwk| serde_json::from_str(&jwk).ok());
        let none = || Error::Key { why: "nobody enrolls with a shared secret".to_owned() };
        say("jwk", jwk.ok_or_else(none)?);
        Ok(said)
    }

    /// Waits until an operator has decided.
    async fn until_active(&self, from: Identity, key: &Key) -> Result<Identity, Error> {
        if from.status != "pending" {
            return active(from, None);
        }
        if let Some(store) = &self.wanted.store {
            identity::save_identity(&**store, &from, key).await?;
        }
        if let Some(told) = &self.wanted.on_pending {
            told(&from);
        }
        let clock = &self.link.time.clock;
        let wait = i64::try_from(self.wanted.wait.as_millis()).unwrap_or(i64::MAX);
        let until = clock.now().plus_millis(wait);
        let signer = Signer { key: key.clone(), keyid: from.key_id.clone() };
        let mut pause = FIRST_LOOK;
        loop {
            let me = who_am_i(&self.link, &signer).await?;
            let because = me.refused_because();
            let identity = me.identity(&self.link.origin());
            if identity.status != "pending" {
                return active(identity, because);
            }
            let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
            if clock.now().plus_millis(millis) > until {
                return active(identity, None);
            }
            clock.sleep(pause).await;
            pause = pause.saturating_mul(3).checked_div(2).unwrap_or(pause).min(LAST_LOOK);
        }
    }
}

fn active(identity: Identity, because: Option<String>) -> Result<Identity, Error> {
    if identity.status == "active" {
        return Ok(identity);
    }
    let Identity { name, status: state, .. } = identity;
    Err(Error::NotActive { name, state, because })
}
