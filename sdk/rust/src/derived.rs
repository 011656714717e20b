//! Keys that are derived for an hour: bought with one signature, renewed before they end.

use std::sync::Arc;

use bailiwick_domain::time::Timestamp;
use bailiwick_vault::hpke::{Recipient, Sealed};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::agent::{Agent, Present};
use crate::error::Error;
use crate::key::Key;
use crate::link::{Body, Question};
use crate::renewed::{Fresh, Renewed, Wanted};
use crate::signing::Signer;

const HOUR_SECONDS: i64 = 3_600;
/// What they are sealed for (RFC 9180, section 5.1).
const INFO: &[u8] = b"bailiwick derived key 1";

/// The keys derived for one purpose.
pub(crate) struct DerivedKeys {
    task: Option<String>,
    renewed: Renewed<Signer>,
}

#[derive(Deserialize)]
struct Answered {
    key_id: String,
    enc: String,
    ciphertext: String,
    expires_at: String,
}

impl DerivedKeys {
    pub(crate) fn new(task: Option<String>) -> Self {
        Self { task, renewed: Renewed::new() }
    }

    /// One that is good now.
    pub(crate) async fn get(&self, agent: &Agent) -> Result<Arc<Signer>, Error> {
        let present = agent.present();
        let now = agent.link.time.clock.now();
        let wanted = Wanted { now, generation: present.generation };
        self.renewed.get(wanted, || self.buy(agent, &present, now)).await
    }

    pub(crate) async fn forget(&self) {
        self.renewed.forget().await;
    }

    async fn buy(
        &self,
        agent: &Agent,
        present: &Present,
        now: Timestamp,
    ) -> Result<Fresh<Signer>, Error> {
        let recipient = Recipient::generate(&agent.link.entropy);
        let recipient = recipient.map_err(|_| unsealable())?;
        let public_key = URL_SAFE_NO_PAD.encode(recipient.public());
        let mut wanted = json!({"public_key": public_key, "ttl_seconds": HOUR_SECONDS});
        if let (Some(task), Some(wanted)) = (&self.task, wanted.as_object_mut()) {
            wanted.insert("task".to_owned(), task.clone().into());
        }
        let question = Question {
            method: Method::POST,
            path: "/oauth/derived-key",
            body: Body::Json(wanted),
            dpop: None,
            signer: Some(&present.signer),
            repeatable: true,
        };
        let answered: Answered = agent.link.ask(&question).await?;
        // It ends by the server's clock, and not later than it was asked for.
        let ends: Timestamp = answered.expires_at.parse().map_err(|_| unsealable())?;
        let left = ends.millis_since(agent.link.time.now()).min(HOUR_SECONDS * 1_000);
        Ok(Fresh { value: open(&recipient, answered)?, expires_at: now.plus_millis(left) })
    }
}

fn open(recipient: &Recipient, answered: Answered) -> Result<Signer, Error> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| unsealable());
    let enc = decode(&answered.enc)?.try_into().map_err(|_| unsealable())?;
    let sealed = Sealed { enc, ciphertext: decode(&answered.ciphertext)? };
    let secret = recipient.open(&sealed, INFO, answered.key_id.as_bytes());
    let key = Key::shared(&secret.map_err(|_| unsealable())?)?;
    Ok(Signer { key, keyid: answered.key_id })
}

fn unsealable() -> Error {
    Error::Unreadable { what: "the derived key that the authority gave does not open".to_owned() }
}
