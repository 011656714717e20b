//! Descriptions of APIs: taken from the configuration where they let nobody do more, and accepted
//! by operators where they do. The card of an agent is taken only from those whose keys are pinned
//! for it, whoever brings it.

use std::sync::Arc;

use bailiwick_contract::document::Document;
use bailiwick_contract::service::{Confirmed, Service};
use bailiwick_contract::widen::{self, Change};
use bailiwick_domain::api::{Api, Kind};
use bailiwick_proof::card_signature::{self, CardKeys, Unverified};
use bailiwick_proof::digest::Hashing;
use bailiwick_store::Tx;
use bailiwick_store::api_documents::{Accepted, ApiDocument};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::refusal::Refusal;
use crate::text;

/// Who accepts what the configuration brings.
const CONFIGURATION: &str = "configuration";

/// What came of a description that the configuration brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adopted {
    /// It is in force already, or was, and another has followed it.
    Known,
    /// It was accepted: it is the first, or lets nobody do more.
    Accepted {
        /// As this version.
        version: i64,
        /// How many of its operations are not served until their proposed scopes are confirmed.
        waiting: usize,
    },
    /// It lets somebody do more, and waits for an operator: these are the changes that do.
    Waiting(Vec<Change>),
}

/// A description held against the one in force.
pub(crate) struct Compared {
    /// The description that was brought.
    pub(crate) document: Document,
    /// The description in force, if there is one.
    pub(crate) current: Option<ApiDocument>,
    /// What is different; everything is new where none is in force.
    pub(crate) changes: Vec<Change>,
}

/// What an operator accepts.
pub(crate) struct Acceptance {
    /// The document.
    pub(crate) document: String,
    /// Why.
    pub(crate) because: String,
    /// Whether the scopes that are proposed are confirmed.
    pub(crate) confirm_scopes: bool,
}

impl Authority {
    /// Takes in the description that the configuration brings for an API. The first one is
    /// accepted, and so is one that lets nobody do more than the one in force; any other waits for
    /// an operator. Proposed scopes are never confirmed here.
    pub async fn adopt(&self, api: &str, text: &str) -> Result<Adopted, Fault> {
        let digest = digest_of(text)?;
        let describing = Describing::of(self, api);
        let mut tx = self.store.begin().await?;
        let is_known = tx.api_documents().list(api).await?.iter().any(|it| it.digest == digest);
        // Whose card is taken may have been said otherwise since.
        if is_known && describing.kind != Some(Kind::A2a) {
            return Ok(Adopted::Known);
        }
        let compared = compare(&mut tx, describing, text).await?;
        let unreadable = |reason| Fault::Document { api: api.to_owned(), reason };
        let compared = compared.map_err(unreadable)?;
        if is_known {
            return Ok(Adopted::Known);
        }
        let widening: Vec<Change> =
            compared.changes.into_iter().filter(|change| change.widens).collect();
        let (version, confirmed) = following(compared.current.as_ref());
        if version > 1 && !widening.is_empty() {
            return Ok(Adopted::Waiting(widening));
        }
        let accepted = Accepted {
            api: api.to_owned(),
            version,
            digest,
            confirmed: confirmed.write(),
            because: if version == 1 { "the first" } else { "lets nobody do more" }.to_owned(),
            accepted_by: CONFIGURATION.to_owned(),
            accepted_at: self.now(),
        };
        let served = service(self, api, &compared.document, &accepted.confirmed);
        let waiting = served.map_or(0, |service| service.waiting().len());
        let document = text.to_owned();
        tx.api_documents().insert(&ApiDocument { accepted, document }).await?;
        effect::save(tx).await?;
        Ok(Adopted::Accepted { version, waiting })
    }
}

/// Holds a description against the one in force.
pub(crate) async fn hold_against(
    authority: &Authority,
    api: &str,
    text: &str,
) -> Result<Compared, Refusal> {
    find(authority, api)?;
    let describing = Describing::of(authority, api);
    compare(&mut authority.store.read().await?, describing, text).await?.map_err(unreadable)
}

/// Accepts a description, whatever it lets others do, and records who did and why.
pub(crate) async fn accept(
    authority: &Authority,
    api: &str,
    new: Acceptance,
    by: &str,
) -> Result<(Accepted, Compared), Refusal> {
    find(authority, api)?;
    let because = text::because(new.because)?;
    let digest = digest_of(&new.document)?;
    let mut tx = authority.store.begin().await?;
    let compared = compare(&mut tx, Describing::of(authority, api), &new.document)
        .await?
        .map_err(unreadable)?;
    let (version, known) = following(compared.current.as_ref());
    let confirmed = if new.confirm_scopes {
        known.clone().with(Confirmed::all(&compared.document))
    } else {
        known.clone()
    };
    let current = compared.current.as_ref();
    if confirmed == known && current.is_some_and(|it| it.accepted.digest == digest) {
        return Err(Refusal::StateImpossible("the document is in force already".to_owned()));
    }
    let accepted = Accepted {
        api: api.to_owned(),
        version,
        digest,
        confirmed: confirmed.write(),
        because,
        accepted_by: by.to_owned(),
        accepted_at: authority.now(),
    };
    let stored = ApiDocument { accepted, document: new.document };
    tx.api_documents().insert(&stored).await?;
    effect::save(tx).await?;
    authority.read_documents().await?;
    Ok((stored.accepted, compared))
}

/// The versions of an API that were accepted, the newest first.
pub(crate) async fn list(authority: &Authority, api: &str) -> Result<Vec<Accepted>, Refusal> {
    find(authority, api)?;
    Ok(authority.store.read().await?.api_documents().list(api).await?)
}

/// What of a document waits for its scopes to be confirmed, given what is confirmed.
pub(crate) fn service(
    authority: &Authority,
    api: &str,
    document: &Document,
    confirmed: &str,
) -> Result<Service, Refusal> {
    let api = find(authority, api)?;
    let confirmed = Confirmed::read(confirmed);
    Ok(Service::new(&api.operations, &api.name, document, &confirmed))
}

fn find<'a>(authority: &'a Authority, api: &str) -> Result<&'a Api, Refusal> {
    let mut apis = authority.configured().iter();
    apis.find(|it| *it.name == *api).ok_or(Refusal::NotFound("API"))
}

/// What an API is described by.
struct Describing<'a> {
    api: &'a str,
    kind: Option<Kind>,
    card_keys: Option<Arc<CardKeys>>,
}

impl<'a> Describing<'a> {
    fn of(authority: &Authority, api: &'a str) -> Self {
        let kind = find(authority, api).ok().map(|api| api.kind);
        Self { api, kind, card_keys: authority.settings.card_keys.get(api).cloned() }
    }
}

/// The number of the next version, and what was confirmed up to now.
fn following(current: Option<&ApiDocument>) -> (i64, Confirmed) {
    current.map_or_else(
        || (1, Confirmed::default()),
        |current| {
            let Accepted { version, confirmed, .. } = &current.accepted;
            (version.saturating_add(1), Confirmed::read(confirmed))
        },
    )
}

/// Reads a document for an API of this kind, and holds it against the one in force.
async fn compare(
    tx: &mut Tx,
    describing: Describing<'_>,
    text: &str,
) -> Result<Result<Compared, Unread>, Fault> {
    let Describing { api, kind, card_keys } = describing;
    let current = tx.api_documents().current(api).await?;
    let text = text.to_owned();
    // Comparing large documents takes a while, and others wait for this thread.
    let compared = tokio::task::spawn_blocking(move || {
        let document = Document::read(text.as_bytes()).map_err(|error| error.to_string())?;
        check_kind(document.kind, kind)?;
        check_card(&document, card_keys.as_deref())?;
        let changes = match &current {
            None => Vec::new(),
            Some(current) => {
                let before = Document::read(current.document.as_bytes());
                widen::compare(&before.map_err(|error| error.to_string())?, &document)
            }
        };
        Ok(Compared { document, current, changes })
    });
    compared.await.map_err(|_| Fault::Corrupt("a description of an API"))
}

/// An API is described by a document of its own kind, or nothing of it could ever be found.
fn check_kind(found: Kind, wanted: Option<Kind>) -> Result<(), Unread> {
    let called = |kind| match kind {
        Kind::Http => "an OpenAPI document",
        Kind::Mcp => "a catalog of MCP",
        Kind::A2a => "the card of an agent",
    };
    match wanted.filter(|wanted| *wanted != found) {
        None => Ok(()),
        Some(wanted) => {
            let (is, asks) = (called(found), called(wanted));
            Err(format!("the document is {is}, and the API is described by {asks}"))
        }
    }
}

/// The card of an agent is what others are told of it, so it is only that of those who were named.
fn check_card(document: &Document, keys: Option<&CardKeys>) -> Result<(), Unread> {
    let Some(card) = &document.card else { return Ok(()) };
    card_signature::check(keys, &card.canonical(), card.signatures()).map_err(|error| match error {
        Unverified::Unpinned => format!("{error}: name a file of them as its `card_keys`"),
        _ => error.to_string(),
    })
}

/// Why a document cannot be read.
type Unread = String;

fn unreadable(reason: Unread) -> Refusal {
    Refusal::Malformed(reason)
}

fn digest_of(text: &str) -> Result<String, Fault> {
    let mut hashing = Hashing::new(None);
    hashing.update(text.as_bytes());
    let digest = hashing.finish().map_err(|_| Fault::Corrupt("a digest"))?;
    Ok(digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
