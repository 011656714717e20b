//! Registration with an invite: the agent brings its own key and proves that it holds it.

use bailiwick_domain::agent::{Agent, Kind, Name, State};
use bailiwick_domain::credential::Key;
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::invite::Invite;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::PublicKey;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::govern::{agents, credentials, effect};
use crate::prove::{self, Received};
use crate::refusal::Refusal;

/// Who wants to come in.
#[derive(Debug)]
pub(crate) struct Applicant {
    /// The name it wants.
    pub(crate) name: Name,
    /// Who answers for it.
    pub(crate) owner: String,
    /// What it is for.
    pub(crate) purpose: String,
    /// Whether a person watches it work.
    pub(crate) kind: Kind,
    /// The key it wants to be known by.
    pub(crate) key: PublicKey,
}

/// Registers the applicant, as one transaction: the invite's use, the agent and the key. Every
/// invite that cannot be used is refused alike, and nothing about names or keys is told to whoever
/// has none that can.
pub(crate) async fn by_invite(
    authority: &Authority,
    received: Received<'_>,
    code: &str,
    applicant: Applicant,
) -> Result<(Agent, Key), Refusal> {
    prove::possession(authority, received, &applicant.key)?;
    let digest = opaque::digest_of(Opens::Registration, code).ok_or(Refusal::InviteUnusable)?;
    let now = authority.now();
    // Looked up by a reader first: whoever guesses codes keeps no writer waiting.
    use_one(&mut authority.store.read().await?, &digest, now).await?;
    let mut tx = authority.store.begin().await?;
    let invite = use_one(&mut tx, &digest, now).await?;
    tx.invites().update(&invite).await?;
    let agent = Agent {
        id: AgentId::fresh(now, &authority.entropy),
        project: invite.project,
        name: applicant.name,
        owner: applicant.owner,
        purpose: applicant.purpose,
        kind: applicant.kind,
        state: State::Active,
        scopes: invite.scopes,
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    agents::insert(&mut tx, &agent).await?;
    let id = KeyId::fresh(now, &authority.entropy);
    let key = credentials::public_key(authority, id, &agent, &applicant.key);
    credentials::insert(&mut tx, &key).await?;
    effect::save(tx).await?;
    Ok((agent, key))
}

async fn use_one(tx: &mut Tx, digest: &[u8; 32], now: Timestamp) -> Result<Invite, Refusal> {
    let invite = tx.invites().find_by_digest(digest).await?;
    let invite = invite.ok_or(Refusal::InviteUnusable)?;
    invite.take_use(now).map_err(|_| Refusal::InviteUnusable)
}
