//! A world in which a test begins: a store, a gateway, an upstream behind it, and one agent,
//! `ticket-summarizer`, that may read and write tickets. Time stands still unless chosen otherwise.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bailiwick_domain::agent::{Agent, Kind, State};
use bailiwick_domain::credential::{Algorithm, Key, KeyState, Material, Strength};
use bailiwick_domain::details::Details;
use bailiwick_domain::id::{AgentId, KeyId, TokenId};
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_gateway::listen::gateway::{Foundation, Gateway};
use bailiwick_gateway::settings::{Backend, Beside, Settings};
use bailiwick_proof::jwt::{AccessToken, Confirmation};
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::message::Window;
use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use bailiwick_store::journal::Durability;
use bailiwick_store::policies::PolicyVersion;
use bailiwick_store::roots::Root;
use bailiwick_vault::seal::Sealer;

use crate::apis::{a2a, api, jobs, mcp, scopes, trial};
use crate::ask::{Ask, Proof};
pub use crate::choices::Choices;
use crate::issuing;
use crate::outside::{outside, wallets};
use crate::raw::{self, Reply};
use crate::sources::{BEGINNING, Hands, entropy};
use crate::upstream::Upstream;

/// The issuer of every test's tokens.
pub const ISSUER: &str = "http://authority.test";
/// What agents reach the gateway by: the audience of derived keys.
pub const GATEWAY: &str = "http://gateway.test";
/// The resource identifier of the API `acme`, which takes keys only.
pub const ACME: &str = "http://gateway.test/acme";
/// The resource identifier of the API `mcp`, where there is one.
pub const MCP: &str = "http://gateway.test/mcp";
/// The resource identifier of the API `open`, which takes bearer tokens too.
pub const OPEN: &str = "http://gateway.test/open";

/// A world.
pub struct World {
    /// The hands of its clock.
    pub hands: Hands,
    /// Its store.
    pub store: Store,
    /// Its gateway.
    pub gateway: Gateway,
    /// What is behind the gateway.
    pub upstream: Upstream,
    /// The issuer's key.
    pub issuer: SigningKey,
    /// The agent.
    pub agent: Agent,
    /// Its key.
    pub key: SigningKey,
    /// Its key's id.
    pub key_id: KeyId,
    /// Seals secrets.
    pub sealer: Arc<Sealer>,
    settings: Settings,
    on: Foundation,
    directory: tempfile::TempDir,
    nonces: AtomicU64,
}

impl World {
    /// A world with nothing chosen.
    pub async fn begin() -> Self {
        Self::begin_with(Choices::default()).await
    }

    /// A world as chosen.
    pub async fn begin_with(choices: Choices) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let hands = choices.hands.clone();
        std::fs::create_dir(directory.path().join("journal")).unwrap();
        let store = Store::open(&choices.store, directory.path()).await.unwrap();
        let sealer = Arc::new(Sealer::new([7; 32]).unwrap());
        let issuer = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(1)).unwrap();
        issuing::begin(&store, &issuer).await;
        let upstream = Upstream::start().await;
        let settings = settings(directory.path(), &upstream, &choices);
        let on = Foundation {
            store: store.clone(),
            fast: Fast::open(&choices.fast, hands.now()).unwrap(),
            outside: outside(&hands, choices.sources.clone()),
            sealer: Arc::clone(&sealer),
            clock: hands.clock(),
            entropy: entropy(2),
        };
        let gateway = Gateway::start(settings.clone(), on.clone()).await.unwrap();
        let key = SigningKey::generate(Algorithm::Ed25519, &entropy(3)).unwrap();
        let agent = summarizer();
        let world = Self {
            hands,
            store,
            gateway,
            upstream,
            issuer,
            key_id: KeyId::from_bits(1),
            agent,
            key,
            sealer,
            settings,
            on,
            directory,
            nonces: AtomicU64::new(0),
        };
        world.add_agent(&world.agent).await;
        world.add_key(world.key_id, world.agent.id, &world.key).await;
        world
    }

    /// What the gateway has written down so far, as it stands in the journal.
    pub fn written(&self) -> String {
        let files = std::fs::read_dir(self.directory.path().join("journal")).unwrap();
        let read = |file: std::io::Result<std::fs::DirEntry>| std::fs::read(file.unwrap().path());
        files.map(|file| String::from_utf8_lossy(&read(file).unwrap()).into_owned()).collect()
    }

    /// Where the world keeps its files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Another gateway beside the world's, or after it: on the same store.
    pub async fn another_gateway(&self) -> Gateway {
        Gateway::start(self.settings.clone(), self.on.clone()).await.unwrap()
    }

    /// Registers an agent.
    pub async fn add_agent(&self, agent: &Agent) {
        let mut tx = self.store.begin().await.unwrap();
        tx.agents().insert(agent).await.unwrap();
        tx.save().await.unwrap();
    }

    /// Replaces the world's agent as a test likes.
    pub async fn change_agent(&self, change: impl FnOnce(&mut Agent)) {
        let mut agent = self.agent.clone();
        change(&mut agent);
        let mut tx = self.store.begin().await.unwrap();
        assert!(tx.agents().update(&agent).await.unwrap(), "the agent is registered");
        tx.save().await.unwrap();
    }

    /// Registers a key: the public part, or the secret under seal.
    pub async fn add_key(&self, id: KeyId, agent: AgentId, key: &SigningKey) {
        self.put_key(&self.stored_key(id, agent, key)).await;
    }

    /// A key as it is stored: the public part, or the secret under seal.
    pub fn stored_key(&self, id: KeyId, agent: AgentId, key: &SigningKey) -> Key {
        let material = if let Some(public) = key.public() {
            Material::PublicJwk(public.to_jwk())
        } else {
            let sealed = self.sealer.seal(key.secret(), &id.to_string(), &entropy(4)).unwrap();
            Material::SealedSecret(sealed)
        };
        Key {
            id,
            agent,
            algorithm: Some(key.algorithm()),
            material,
            thumbprint: key.thumbprint().to_owned(),
            scopes: None,
            networks: Vec::new(),
            expires_at: None,
            registered_by: None,
            state: KeyState::Active,
            created_at: BEGINNING,
            last_used_at: None,
        }
    }

    /// Registers a key as it is.
    pub async fn put_key(&self, key: &Key) {
        let mut tx = self.store.begin().await.unwrap();
        tx.keys().insert(key).await.unwrap();
        tx.save().await.unwrap();
    }

    /// Registers what is found by this alone.
    pub async fn add_named(&self, id: u128, material: Material, thumbprint: &str) {
        let mut key = self.stored_key(KeyId::from_bits(id), self.agent.id, &self.key);
        key.algorithm = None;
        key.material = material;
        key.thumbprint = thumbprint.to_owned();
        self.put_key(&key).await;
    }

    /// Makes the root secret of an epoch.
    pub async fn add_root(&self, epoch: u32, secret: [u8; 32]) {
        let mut root = Root { epoch, sealed: Vec::new(), created_at: self.hands.now() };
        root.sealed = self.sealer.seal(&secret, &root.purpose(), &entropy(6)).unwrap();
        let mut tx = self.store.begin().await.unwrap();
        tx.roots().insert(&root).await.unwrap();
        tx.save().await.unwrap();
    }

    /// Trusts an issuer of workloads' tokens.
    pub async fn trust(&self, issuer: &TrustedIssuer) {
        let mut tx = self.store.begin().await.unwrap();
        if !tx.issuers().update(issuer).await.unwrap() {
            tx.issuers().insert(issuer).await.unwrap();
        }
        tx.save().await.unwrap();
    }

    /// Puts policies in force beside those that permit everything the scopes allow.
    pub async fn activate(&self, policies: &str) {
        let mut tx = self.store.begin().await.unwrap();
        let number = tx.policies().newest().await.unwrap().map_or(1, |newest| newest.number + 1);
        let within = "@id(\"within-scopes\") permit (principal, action, resource);";
        let version = PolicyVersion {
            number,
            text: format!("{within}\n{policies}"),
            digest: number.to_string(),
            activated_at: self.hands.now(),
            activated_by: "opr_00000000000000000000000001".to_owned(),
            because: "a test".to_owned(),
        };
        tx.policies().insert(&version).await.unwrap();
        tx.save().await.unwrap();
    }

    /// Revokes a key.
    pub async fn revoke_key(&self, id: KeyId) {
        let mut tx = self.store.begin().await.unwrap();
        assert!(tx.keys().revoke(id, self.hands.now()).await.unwrap(), "the key is registered");
        tx.save().await.unwrap();
    }

    /// An honest proof by the agent's key, with a nonce of its own.
    pub fn proof(&self) -> Proof<'_> {
        self.proof_by(&self.key)
    }

    /// The same by another key.
    pub fn proof_by<'a>(&self, key: &'a SigningKey) -> Proof<'a> {
        let number = self.nonces.fetch_add(1, Ordering::SeqCst);
        Proof {
            key,
            keyid: key.thumbprint().to_owned(),
            created: self.hands.now(),
            expires: self.hands.now().plus_seconds(60),
            nonce: format!("nonce-of-a-test-{number:08}"),
            components: None,
        }
    }

    /// An honest token: fifteen minutes, bound to the agent's key.
    pub fn token(&self) -> AccessToken {
        let agent = &self.agent;
        AccessToken {
            iss: ISSUER.to_owned(),
            sub: agent.subject("acme.test"),
            aud: vec![ACME.to_owned()],
            client_id: agent.id,
            iat: self.hands.now(),
            exp: self.hands.now().plus_seconds(900),
            jti: TokenId::from_bits(u128::from(self.nonces.fetch_add(1, Ordering::SeqCst))),
            scope: agent.scopes.clone(),
            cnf: Some(Confirmation::Key(self.key.thumbprint().to_owned())),
            agent: agent.name.clone(),
            project: agent.project.clone(),
            owner: agent.owner.clone(),
            kind: agent.kind,
            rate_limit: None,
            key_id: Some(self.key_id),
            grant: None,
            task: None,
            purpose: None,
            act: Vec::new(),
            may_act: None,
            authorization_details: Details::default(),
            status: None,
        }
    }

    /// The token signed by the issuer, as `Authorization` carries it.
    pub fn bearer(&self, token: &AccessToken) -> String {
        format!("Bearer {}", token.sign(&self.issuer).unwrap())
    }

    /// Sends a request to the gateway.
    pub async fn send(&self, ask: &Ask) -> Reply {
        self.send_bytes(&ask.bytes()).await
    }

    /// Sends bytes to the gateway, beside whatever else is done.
    pub fn send_bytes_later(&self, bytes: Vec<u8>) -> tokio::task::JoinHandle<Reply> {
        let address = self.gateway.address();
        tokio::spawn(async move { raw::send(address, &bytes).await })
    }

    /// Asks the gateway as a proxy does that it stands beside.
    pub async fn inquire(&self, ask: &Ask) -> Reply {
        raw::send(self.gateway.beside().unwrap(), &ask.bytes()).await
    }

    /// Sends bytes to the gateway.
    pub async fn send_bytes(&self, bytes: &[u8]) -> Reply {
        raw::send(self.gateway.address(), bytes).await
    }
}

/// The agent of every world.
fn summarizer() -> Agent {
    Agent {
        id: AgentId::from_bits(1),
        project: "default".parse().unwrap(),
        name: "ticket-summarizer".parse().unwrap(),
        owner: "support@acme.test".to_owned(),
        purpose: "summarize open tickets".to_owned(),
        kind: Kind::Autonomous,
        state: State::Active,
        scopes: scopes(&["tickets:read", "tickets:write"]),
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: BEGINNING,
        updated_at: BEGINNING,
    }
}

fn settings(directory: &Path, upstream: &Upstream, choices: &Choices) -> Settings {
    let recording = format!("http://{}", upstream.address);
    let acme = choices.upstream.as_ref().unwrap_or(&recording);
    let mut acme =
        Backend { upstream_ca: choices.upstream_ca.clone(), ..api("acme", acme, Strength::Key) };
    acme.api.contract = choices.contract;
    Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        tls: choices.tls.clone(),
        proxies: choices.proxies.clone(),
        beside: Some(Beside {
            listen: ([127, 0, 0, 1], 0).into(),
            callers: choices.callers.clone(),
        }),
        scheme: if choices.tls.is_some() { "https" } else { "http" },
        cores: 1,
        journal: directory.join("journal"),
        durability: Durability::Process,
        node: "test".to_owned(),
        audience: GATEWAY.to_owned(),
        wallets: wallets(choices.accounts),
        issuer: ISSUER.to_owned(),
        trust_domain: "acme.test".to_owned(),
        window: Window { window_seconds: 60, skew_seconds: 5 },
        max_staleness: choices.max_staleness,
        delegation_depth: 4,
        apis: [
            acme,
            api("open", &recording, Strength::Bearer),
            jobs(&recording),
            trial(&recording),
        ]
        .into_iter()
        .chain(choices.mcp.as_deref().map(mcp))
        .chain(choices.a2a.as_deref().map(|upstream| a2a(upstream, choices)))
        .collect(),
        bounds: Arc::new(choices.bounds.clone()),
    }
}
