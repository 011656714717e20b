//! Dynamic registration (RFC 7591): a client brings an invite, and becomes an agent.

use bailiwick_domain::agent::{Agent, Kind, Name, State};
use bailiwick_domain::client::{ClientRegistration, GrantType, Method, Source};
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::keys::PublicKey;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::clients::metadata::{Defaults, Metadata, Unfit};
use crate::enroll::{limits, register};
use crate::fault::Fault;
use crate::govern::{credentials, effect, names};
use crate::refusal::Refusal;

/// The most keys that a client brings.
const KEYS: usize = 8;
/// The longest texts that say who answers for it, together.
const OWNER: usize = 200;

/// Why a client was not registered.
#[derive(Debug)]
pub(crate) enum Unregistered {
    /// The initial access token is none, or cannot be used: which, is not told.
    Token,
    /// What it says of itself cannot be.
    Unfit(Unfit),
    /// Too often, or a fault of ours.
    Refused(Refusal),
}

/// A client, and the token that it changes its registration with; known here and nowhere else.
pub(crate) struct Registered {
    /// The agent.
    pub(crate) agent: Agent,
    /// Its registration.
    pub(crate) registration: ClientRegistration,
    /// The registration access token.
    pub(crate) token: Zeroizing<String>,
}

/// Registers a client in the invite's project, as one transaction: the invite's use, the agent, its
/// keys and its registration.
pub(crate) async fn register(
    authority: &Authority,
    code: &str,
    members: &Map<String, Value>,
) -> Result<Registered, Unregistered> {
    let digest = opaque::digest_of(Opens::Registration, code).ok_or(Unregistered::Token)?;
    let now = authority.now();
    // Looked up by a reader first: whoever guesses codes keeps no writer waiting.
    let mut tx = authority.store.read().await?;
    let (invite, project, _) = register::use_one(&mut tx, &digest, now).await?;
    drop(tx);
    let brought = read(members, &invite.scopes)?;
    limits::check_invited(authority, &project).await?;
    let mut tx = authority.store.begin().await?;
    let (invite, project, state) = register::use_one(&mut tx, &digest, now).await?;
    tx.invites().update(&invite).await?;
    let agent = agent(authority, &brought, project.name, state)?;
    let (token, digest) = opaque::fresh(Opens::Client, &authority.entropy);
    let registration = brought.metadata.register(
        (agent.id, Source::Itself(digest)),
        Defaults {
            name: agent.name.as_str(),
            method: if brought.keys.is_empty() { Method::None } else { Method::PrivateKeyJwt },
            grants: &[GrantType::AuthorizationCode],
        },
        now,
    )?;
    if names::holder(&mut tx, &agent.project, &agent.name, now).await?.is_some() {
        return Err(Fault::Corrupt("a random name is taken").into());
    }
    tx.agents().insert(&agent).await?;
    add_keys(authority, &mut tx, &agent, &brought.keys).await?;
    tx.clients().put(&registration).await?;
    effect::save(tx).await?;
    tracing::info!(agent = %agent.id, name = %agent.name, "a client registered itself");
    Ok(Registered { agent, registration, token })
}

/// What a client brings.
pub(crate) struct Brought {
    /// What it says of itself.
    pub(crate) metadata: Metadata,
    /// Its public keys.
    pub(crate) keys: Vec<PublicKey>,
    /// The most it wants to be granted.
    pub(crate) scopes: ScopeSet,
    owner: Option<String>,
}

/// Reads what a client brings; of the scopes it names, those within the ceiling count.
pub(crate) fn read(members: &Map<String, Value>, ceiling: &ScopeSet) -> Result<Brought, Unfit> {
    let unfit = |why: &str| Unfit::Metadata(why.to_owned());
    for (name, why) in [
        ("jwks_uri", "jwks_uri is not asked: send the keys in `jwks`"),
        ("software_statement", "software statements are not taken here"),
    ] {
        if members.contains_key(name) {
            return Err(unfit(why));
        }
    }
    let metadata = Metadata::read(members)?;
    let keys = keys(members)?;
    if !matches!(metadata.method, None | Some(Method::None)) && keys.is_empty() {
        return Err(unfit("a client that authenticates brings its keys in `jwks`"));
    }
    let scopes = match members.get("scope") {
        None => ceiling.clone(),
        Some(Value::String(text)) => {
            let asked: ScopeSet = text.parse().map_err(|it| unfit(&format!("scope: {it}")))?;
            asked.intersection(ceiling)
        }
        Some(_) => return Err(unfit("scope is no text")),
    };
    Ok(Brought { metadata, keys, scopes, owner: owner(members) })
}

fn keys(members: &Map<String, Value>) -> Result<Vec<PublicKey>, Unfit> {
    let Some(jwks) = members.get("jwks") else { return Ok(Vec::new()) };
    let unfit = || Unfit::Metadata(format!("jwks is no JWK Set of 1 to {KEYS} keys"));
    let listed = jwks.get("keys").and_then(Value::as_array).ok_or_else(unfit)?;
    if listed.is_empty() || listed.len() > KEYS {
        return Err(unfit());
    }
    let read = |jwk: &Value| {
        // What clients put beside a key is none of the key's (RFC 7517, section 4).
        let mut jwk = jwk.clone();
        if let Some(members) = jwk.as_object_mut() {
            for name in ["kid", "use", "alg", "key_ops"] {
                members.remove(name);
            }
        }
        PublicKey::from_jwk(&jwk.to_string())
    };
    let read: Result<Vec<_>, _> = listed.iter().map(read).collect();
    read.map_err(|error| Unfit::Metadata(format!("jwks: {error}")))
}

/// Who answers for it, as it says: its contacts, or its home page.
fn owner(members: &Map<String, Value>) -> Option<String> {
    let contacts = members.get("contacts").and_then(Value::as_array);
    let contacts: Vec<&str> = contacts.into_iter().flatten().filter_map(Value::as_str).collect();
    let page = members.get("client_uri").and_then(Value::as_str);
    let said = if contacts.is_empty() { page?.to_owned() } else { contacts.join(", ") };
    let plain = said.len() <= OWNER && !said.chars().any(char::is_control);
    (plain && !said.trim().is_empty()).then_some(said)
}

fn agent(
    authority: &Authority,
    brought: &Brought,
    project: Name,
    state: State,
) -> Result<Agent, Fault> {
    let now = authority.now();
    let said = brought.metadata.name.as_deref().unwrap_or("client");
    let plain = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' };
    let stem: String = said.chars().take(40).map(plain).collect();
    let stem = Some(stem.trim_matches('-')).filter(|stem| !stem.is_empty()).unwrap_or("client");
    let number = u64::from_be_bytes(authority.entropy.bytes());
    let name = format!("{stem}-{number:016x}").parse();
    Ok(Agent {
        id: AgentId::fresh(now, &authority.entropy),
        project,
        name: name.map_err(|_| Fault::Corrupt("the name of a client"))?,
        owner: brought.owner.clone().unwrap_or_else(|| said.to_owned()),
        purpose: format!("registered itself as {said}"),
        kind: Kind::Copilot,
        state,
        scopes: brought.scopes.clone(),
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: now,
        updated_at: now,
    })
}

/// Adds keys that no agent has or had.
pub(crate) async fn add_keys(
    authority: &Authority,
    tx: &mut Tx,
    agent: &Agent,
    keys: &[PublicKey],
) -> Result<(), Unregistered> {
    for key in keys {
        if tx.keys().find_thumbprint(key.thumbprint()).await?.is_some() {
            let why = "jwks: a key cannot be had: make a new pair".to_owned();
            return Err(Unregistered::Unfit(Unfit::Metadata(why)));
        }
        let id = KeyId::fresh(authority.now(), &authority.entropy);
        tx.keys().insert(&credentials::public_key(authority, id, agent, key)).await?;
    }
    Ok(())
}

impl From<Unfit> for Unregistered {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl From<Refusal> for Unregistered {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InviteUnusable(_) => Self::Token,
            other => Self::Refused(other),
        }
    }
}

impl From<Fault> for Unregistered {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}

impl From<bailiwick_store::Fault> for Unregistered {
    fn from(fault: bailiwick_store::Fault) -> Self {
        Self::Refused(fault.into())
    }
}
