//! Who wants to come in, and the proof that it holds the key it brings.

use bailiwick_domain::agent::{Agent, Kind, Name};
use bailiwick_domain::credential::Key;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::keys::PublicKey;

use crate::authority::Authority;
use crate::enroll::limits;
use crate::govern::credentials::{self, Identity};
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
    /// What it wants to be known by.
    pub(crate) key: Brought,
}

/// What an applicant brings to be known by.
#[derive(Debug)]
pub(crate) enum Brought {
    /// A public key.
    Public(PublicKey),
    /// An Ethereum account, by its name: the address, or that and its chain.
    Wallet(String),
}

impl Brought {
    /// Checks that whoever sent the request holds what it brings, sent it once, and has not tried
    /// too often.
    pub(crate) async fn prove(
        &self,
        authority: &Authority,
        received: Received<'_>,
    ) -> Result<(), Refusal> {
        match self {
            Self::Public(key) => prove::possession(authority, received, key).await?,
            Self::Wallet(name) => {
                prove::possession_of_account(authority, received, name).await?;
            }
        }
        limits::check_key(authority, prove::stand_in(self.thumbprint())).await
    }

    /// What no two agents share.
    pub(crate) fn thumbprint(&self) -> &str {
        match self {
            Self::Public(key) => key.thumbprint(),
            Self::Wallet(name) => name,
        }
    }

    /// The same as the agent's own key, as it will be stored.
    pub(crate) fn key_of(&self, agent: &Agent, authority: &Authority) -> Key {
        let id = KeyId::fresh(authority.now(), &authority.entropy);
        match self {
            Self::Public(key) => credentials::public_key(authority, id, agent, key),
            Self::Wallet(name) => Identity::wallet(name.clone()).of(agent, id, authority.now()),
        }
    }
}
