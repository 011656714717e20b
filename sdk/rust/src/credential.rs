//! The ways in which a request says whose it is, and what a refusal of each asks for.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use zeroize::Zeroizing;

use crate::agent::Agent;
use crate::denial::Denial;
use crate::derived::DerivedKeys;
use crate::error::Error;
use crate::link::DPOP_NONCE;
use crate::signing::{Accompanied, Target, field, proof};
use crate::tokens::Tokens;

/// The most APIs of which it is kept that a MAC is too weak for them.
const MAX_STRICT: usize = 256;

/// One way.
pub(crate) enum Credential {
    /// A signature by the agent's own key.
    Own,
    /// An HMAC with a derived key.
    Derived(Derived),
    /// A token, with a signature of the agent's key or a proof beside it.
    Token(WithToken),
}

/// A refusal, of a request that was proven so.
#[derive(Clone, Copy)]
pub(crate) struct Refusal<'a> {
    pub(crate) denial: &'a Denial,
    pub(crate) target: &'a Target,
    /// How often the agent's key had been changed.
    pub(crate) generation: u64,
}

impl Credential {
    /// Adds the fields; they are made for this one sending.
    pub(crate) async fn prove(
        &self,
        agent: &Agent,
        target: &Target,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        match self {
            Self::Own => own(agent, target, headers),
            Self::Derived(derived) => derived.prove(agent, target, headers).await,
            Self::Token(token) => token.prove(agent, target, headers).await,
        }
    }

    /// Takes note of an answer.
    pub(crate) fn heard(&self, headers: &HeaderMap) {
        let Self::Token(token) = self else { return };
        if let Some(nonce) = headers.get(DPOP_NONCE).and_then(|it| it.to_str().ok()) {
            *token.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_owned());
        }
    }

    /// Whether something was renewed because of this refusal, so that it is worth another try.
    pub(crate) async fn renew(&self, agent: &Agent, refusal: Refusal<'_>) -> Result<bool, Error> {
        let code = refusal.denial.code.as_str();
        match (self, code) {
            (Self::Derived(derived), "credential_expired" | "credential_unknown") => {
                derived.keys.forget().await;
                Ok(true)
            }
            (Self::Derived(derived), "proof_too_weak") => Ok(derived.is_new(&api(refusal.target))),
            (Self::Token(token), "nonce_missing") => {
                Ok(token.nonce.lock().unwrap_or_else(PoisonError::into_inner).is_some())
            }
            (Self::Token(token), "token_expired" | "token_revoked") => {
                token.tokens.forget().await;
                Ok(true)
            }
            (_, "credential_expired" | "credential_revoked") => change_key(agent, refusal).await,
            _ => Ok(false),
        }
    }
}

/// What hangs on the old key is got again by itself once it was changed.
async fn change_key(agent: &Agent, refusal: Refusal<'_>) -> Result<bool, Error> {
    if agent.reload(refusal.generation).await? {
        return Ok(true);
    }
    let Some(register) = &agent.settings.on_rotation else { return Ok(false) };
    agent.rotate(Some(&**register), refusal.generation, Some(refusal.denial.clone())).await?;
    Ok(true)
}

fn own(agent: &Agent, target: &Target, headers: &mut HeaderMap) -> Result<(), Error> {
    agent.present().signer.sign(target, headers, &agent.link.moment())
}

/// An HMAC with a key derived for an hour.
pub(crate) struct Derived {
    keys: DerivedKeys,
    /// APIs that ask for more than a MAC: the agent's own key signs there.
    strict: Mutex<BTreeSet<String>>,
}

impl Derived {
    pub(crate) fn new(keys: DerivedKeys) -> Self {
        Self { keys, strict: Mutex::default() }
    }

    async fn prove(
        &self,
        agent: &Agent,
        target: &Target,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        let is_strict = {
            let strict = self.strict.lock().unwrap_or_else(PoisonError::into_inner);
            !strict.is_empty() && strict.contains(&api(target))
        };
        if is_strict {
            return own(agent, target, headers);
        }
        self.keys.get(agent).await?.sign(target, headers, &agent.link.moment())
    }

    fn is_new(&self, api: &str) -> bool {
        let mut strict = self.strict.lock().unwrap_or_else(PoisonError::into_inner);
        strict.len() < MAX_STRICT && strict.insert(api.to_owned())
    }
}

/// What stands for an API in a URL: the first part of its path.
fn api(target: &Target) -> String {
    let first = target.path.split('/').nth(1).unwrap_or_default();
    format!("{}/{first}", target.origin())
}

/// A token.
pub(crate) struct WithToken {
    pub(crate) tokens: Tokens,
    nonce: Mutex<Option<String>>,
}

impl WithToken {
    pub(crate) fn new(tokens: Tokens) -> Self {
        Self { tokens, nonce: Mutex::default() }
    }

    async fn prove(
        &self,
        agent: &Agent,
        target: &Target,
        headers: &mut HeaderMap,
    ) -> Result<(), Error> {
        let origin = target.origin();
        if !agent.settings.origins.contains(&origin) {
            return Err(Error::Elsewhere { origin });
        }
        let token = self.tokens.get(agent).await?;
        let text = Zeroizing::new(format!("{} {}", token.kind(), token.secret()));
        let mut value = field(&text)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        if !token.is_sent_with_proof() {
            return own(agent, target, headers);
        }
        let nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let with = Accompanied { token: Some(token.secret()), nonce: nonce.as_deref() };
        let proof = proof(agent.present().dpop_key()?, target, with, &agent.link.moment())?;
        headers.insert("dpop", proof);
        Ok(())
    }
}
