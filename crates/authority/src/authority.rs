//! The authority as a whole: what it stands on, and what its configuration says.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use bailiwick_domain::agent::Name;
use bailiwick_domain::api::Api;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::OperatorId;
use bailiwick_domain::operator::Operator;
use bailiwick_domain::person::Role;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_fetch::Outside;
use bailiwick_proof::card_signature::CardKeys;
use bailiwick_proof::message::Window;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_proof::wallet;
use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use bailiwick_store::records::Records;
use bailiwick_store::sequencer::{Handle, Published};
use bailiwick_vault::seal::Sealer;
use http::Uri;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::described::Described;
use crate::fault::Fault;
use crate::keys::{Keys, Signing};
use crate::making::Making;
use crate::people::way::Way;
use crate::referrals::hook::ApprovalWebhook;
use crate::roots::{Known, Roots};
use crate::signals::source::SignalSource;
use crate::status::Statuses;

/// The longest that a token may live, in seconds.
pub(crate) const LONGEST_TTL_SECONDS: u32 = 86_400;

/// The longest that one key may sign tokens, in days.
const LONGEST_SIGNING_DAYS: u32 = 365;

/// The deepest that delegation may go: as many actors as a token can name.
const DEEPEST: u32 = 16;

/// How many receivers of signals may wait for one at once; the next is answered at once.
const WAITING: usize = 128;

/// What the authority stands on.
pub struct Parts {
    /// Agents, keys, invites, operators and records.
    pub store: Store,
    /// Where nonces are spent.
    pub fast: Fast,
    /// Whom others are asked about.
    pub outside: Outside,
    /// Seals shared secrets.
    pub sealer: Arc<Sealer>,
    /// The keys it signs with.
    pub keys: Keys,
    /// What the configuration says.
    pub settings: Settings,
    /// The APIs behind the gateway as they are configured.
    pub apis: Vec<Api>,
    /// Where the ledger's tiles are.
    pub ledger_dir: PathBuf,
    /// Whoever writes them; asked to settle before a search.
    pub sequencer: Handle,
    /// Where the present comes from.
    pub clock: Clock,
    /// Where secrets come from.
    pub entropy: Entropy,
}

/// What the configuration says of the authority.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The trust domain of every subject: `acme.example`.
    pub trust_domain: String,
    /// The issuer: an origin, `https://host[:port]`, with no path and no final slash.
    pub issuer: String,
    /// The gateway's `public_url`: told to agents that register.
    pub gateway: String,
    /// How long a token lives when the request does not say, in seconds; at most a day.
    pub token_ttl_seconds: u32,
    /// Whether tokens are bound to the agent's key when the request does not say.
    pub token_bound: bool,
    /// For how many days a key signs tokens before the next one does; at most a year.
    pub signing_key_days: u32,
    /// How many delegations may lie between an agent and whose authority it acts by; 1 to 16.
    pub delegation_depth: u32,
    /// Which Ethereum accounts are taken.
    pub wallets: wallet::Served,
    /// How far `created` and `expires` of a signature may lie apart.
    pub window: Window,
    /// Where people may sign in.
    pub sign_in: Vec<Way>,
    /// Whose signals are taken in.
    pub signal_sources: Vec<SignalSource>,
    /// Who is told of requests that wait for people, and brings what they decided.
    pub approval_webhooks: Vec<ApprovalWebhook>,
    /// Where clients go that are known by a document which they publish; none are taken without.
    pub client_documents: Option<ClientDocuments>,
    /// By the name of an API of A2A: the keys one of which has to sign its card. Of others only a
    /// card is taken that nothing signs.
    pub card_keys: BTreeMap<Arc<str>, Arc<CardKeys>>,
}

/// Where clients go that are known by a document which they publish
/// (draft-ietf-oauth-client-id-metadata-document).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDocuments {
    /// The project that they become agents of.
    pub project: Name,
    /// The most that each may be granted. Never broad.
    pub scopes: ScopeSet,
}

impl Settings {
    fn check(&self) -> Result<(), Fault> {
        if origin(&self.issuer).is_none() {
            return Err(Fault::Issuer(self.issuer.clone()));
        }
        if !(1..=LONGEST_TTL_SECONDS).contains(&self.token_ttl_seconds) {
            return Err(Fault::TokenTtl(self.token_ttl_seconds));
        }
        if !(1..=LONGEST_SIGNING_DAYS).contains(&self.signing_key_days) {
            return Err(Fault::SigningKeyDays(self.signing_key_days));
        }
        if !(1..=DEEPEST).contains(&self.delegation_depth) {
            return Err(Fault::DelegationDepth(self.delegation_depth));
        }
        Ok(())
    }
}

/// The authority; cheap to clone. A clone knows the APIs as they are when it is made, and each
/// request has its own.
pub struct Authority {
    /// The APIs behind the gateway, with what was accepted of their descriptions: what a token may
    /// be for.
    pub(crate) apis: Arc<Vec<Api>>,
    whole: Arc<Whole>,
}

struct Whole {
    parts: Parts,
    records: Records,
    published: Published,
    roots: Roots,
    statuses: Statuses,
    polling: Semaphore,
    apis: ArcSwap<Vec<Api>>,
    described: Described,
}

impl Clone for Authority {
    fn clone(&self) -> Self {
        Self { apis: self.whole.apis.load_full(), whole: Arc::clone(&self.whole) }
    }
}

impl Authority {
    /// Puts the authority together; refused when the issuer is not a plain origin or tokens would
    /// live for longer than a day.
    pub fn new(parts: Parts) -> Result<Self, Fault> {
        parts.settings.check()?;
        let records = Records::new(parts.store.clone(), &parts.ledger_dir);
        let published = Published::at(&parts.ledger_dir);
        let (roots, statuses) = (Roots::default(), Statuses::default());
        let polling = Semaphore::new(WAITING);
        let (described, apis) = (Described::default(), Arc::new(parts.apis.clone()));
        let current = ArcSwap::new(Arc::clone(&apis));
        let whole =
            Whole { parts, records, published, roots, statuses, polling, apis: current, described };
        Ok(Self { apis, whole: Arc::new(whole) })
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What secrets of its own are made with.
    pub(crate) fn making(&self) -> Making<'_> {
        let Parts { sealer, clock, entropy, .. } = &**self;
        Making { sealer, clock, entropy }
    }

    /// The newest root secrets.
    pub(crate) async fn roots(&self) -> Result<Arc<Known>, Fault> {
        self.whole.roots.current(&self.store, self.making()).await
    }

    /// The APIs as they are configured.
    pub(crate) fn configured(&self) -> &[Api] {
        &self.whole.parts.apis
    }

    /// Reads which descriptions of APIs are in force, where that has changed.
    pub async fn read_documents(&self) -> Result<(), Fault> {
        if let Some(apis) = self.whole.described.read(&self.store, self.configured()).await? {
            self.whole.apis.store(Arc::new(apis));
        }
        Ok(())
    }

    /// The keys that sign access tokens.
    pub(crate) async fn signing(&self) -> Result<Arc<Signing>, Fault> {
        let days = self.settings.signing_key_days;
        self.keys.current(&self.store, self.making(), days).await
    }

    /// Whether tokens still stand.
    pub(crate) fn statuses(&self) -> &Statuses {
        &self.whole.statuses
    }

    /// How many receivers of signals may wait for one.
    pub(crate) fn polling(&self) -> &Semaphore {
        &self.whole.polling
    }

    /// Where records are found.
    pub(crate) fn records(&self) -> &Records {
        &self.whole.records
    }

    /// The ledger's files.
    pub(crate) fn published(&self) -> &Published {
        &self.whole.published
    }

    /// Scheme and authority that clients of this server sign for: the issuer's.
    pub(crate) fn origin(&self) -> (&str, &str) {
        origin(&self.settings.issuer).unwrap_or(("https", ""))
    }
}

/// Makes the first operator of an installation, who may do everything. The token is returned here
/// and nowhere else: only its digest is stored.
pub async fn create_operator(
    store: &Store,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<(OperatorId, Zeroizing<String>), Fault> {
    let (token, digest) = opaque::fresh(Opens::Administration, entropy);
    let operator = Operator {
        id: OperatorId::fresh(clock.now(), entropy),
        name: "first".to_owned(),
        role: Role::Admin,
        created_at: clock.now(),
        revoked_at: None,
    };
    let mut tx = store.begin().await?;
    tx.operators().insert(&operator, &digest).await?;
    tx.projects().begin(clock.now()).await?;
    tx.save().await?;
    Ok((operator.id, token))
}

/// Scheme and authority of an origin, when the text is one and nothing else.
fn origin(text: &str) -> Option<(&str, &str)> {
    let (scheme, authority) = text.split_once("://")?;
    let uri: Uri = text.parse().ok()?;
    let plain = matches!(scheme, "http" | "https")
        && uri.authority()?.as_str() == authority
        && !authority.contains('@')
        && authority.to_ascii_lowercase() == authority;
    plain.then_some((scheme, authority))
}

impl Deref for Authority {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.whole.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_proof::wallet::{Accounts, Served};

    fn check(issuer: &str, expected: Option<(&str, &str)>) {
        assert_eq!(origin(issuer), expected, "{issuer}");
    }

    #[test]
    fn tokens_live_for_a_second_to_a_day() {
        for (ttl, fine) in [(0, false), (1, true), (86_400, true), (86_401, false)] {
            let settings = Settings {
                trust_domain: "acme.example".to_owned(),
                issuer: "http://127.0.0.1:8701".to_owned(),
                gateway: "http://127.0.0.1:8700".to_owned(),
                token_ttl_seconds: ttl,
                token_bound: true,
                signing_key_days: 30,
                delegation_depth: 4,
                wallets: Served {
                    chains: Vec::new(),
                    accounts: Accounts::Offline,
                    max_validity_seconds: 60,
                },
                window: Window { window_seconds: 60, skew_seconds: 5 },
                sign_in: Vec::new(),
                signal_sources: Vec::new(),
                approval_webhooks: Vec::new(),
                client_documents: None,
                card_keys: BTreeMap::new(),
            };
            assert_eq!(settings.check().is_ok(), fine, "{ttl}");
            for (days, fine) in [(0, false), (1, fine), (365, fine), (366, false)] {
                let settings = Settings { signing_key_days: days, ..settings.clone() };
                assert_eq!(settings.check().is_ok(), fine, "{days} days");
            }
            let pathed = Settings { issuer: "http://127.0.0.1:8701/x".to_owned(), ..settings };
            assert!(pathed.check().is_err());
        }
    }

    #[test]
    fn an_issuer_is_an_origin_and_nothing_more() {
        check("http://127.0.0.1:8701", Some(("http", "127.0.0.1:8701")));
        check("https://id.acme.example", Some(("https", "id.acme.example")));
        check("http://[::1]:8701", Some(("http", "[::1]:8701")));
        for text in [
            "",
            "acme.example",
            "https://",
            "ftp://acme.example",
            "https://acme.example/",
            "https://acme.example/id",
            "https://acme.example?x",
            "https://user@acme.example",
            "https://Acme.example",
        ] {
            check(text, None);
        }
    }
}
