//! The agents, each with a key of its own, registering themselves with an invite.

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;
use serde_json::{Value, json};

use super::agent::Agent;
use super::page::Page;
use super::stage::Stage;
use crate::commands::shown::text;
use crate::failure::Failure;
use crate::signed::{self, Moment, Signer, Target};

/// Who plays.
pub(super) struct Cast {
    pub(super) summarizer: Agent,
    pub(super) processor: Agent,
    pub(super) exporter: Agent,
}

/// What is known of an agent before it registers.
struct Part {
    name: &'static str,
    owner: &'static str,
    purpose: &'static str,
    scopes: &'static [&'static str],
}

/// Lets the three agents register: an operator makes an invite for each, the agent makes its key
/// and signs for itself.
pub(super) async fn enroll(stage: &Stage, page: &Page) -> Result<Cast, Failure> {
    page.section("Who they are", "each made its own Ed25519 key and registered with an invite");
    let summarizer = Part {
        name: "ticket-summarizer",
        owner: "support",
        purpose: "sums up open tickets every morning",
        scopes: &["tickets:read"],
    };
    let processor = Part {
        name: "refund-processor",
        owner: "payments",
        purpose: "gives money back for broken goods",
        scopes: &["tickets:read", "refunds:read", "refunds:write"],
    };
    let exporter = Part {
        name: "pii-exporter",
        owner: "compliance",
        purpose: "answers requests for one's own data",
        scopes: &["customers:read", "customers:export"],
    };
    let cast = Cast {
        summarizer: summarizer.enroll(stage).await?,
        processor: processor.enroll(stage).await?,
        exporter: exporter.enroll(stage).await?,
    };
    page.cast([&cast.summarizer, &cast.processor, &cast.exporter]);
    Ok(cast)
}

impl Part {
    async fn enroll(self, stage: &Stage) -> Result<Agent, Failure> {
        let order = json!({ "uses": 1, "ttl_seconds": 600, "scopes": self.scopes });
        let invite = stage.client.post("/api/v1/invites", &order).await?;
        let key = SigningKey::generate(Algorithm::Ed25519, &stage.sources.entropy);
        let key = key.map_err(Failure::refused)?;
        let known = self.register(&text(&invite, "invite_code"), &key, stage).await?;
        let Self { name, owner, purpose, scopes } = self;
        let (key_id, id) = (text(&known, "key_id"), text(&known, "agent_id"));
        Ok(Agent { name, owner, purpose, scopes, key, key_id, id })
    }

    async fn register(
        &self,
        invite_code: &str,
        key: &SigningKey,
        stage: &Stage,
    ) -> Result<Value, Failure> {
        let jwk = key.public().map(PublicKey::to_jwk).unwrap_or_default();
        let jwk: Value = serde_json::from_str(&jwk).map_err(Failure::refused)?;
        let body = json!({
            "inviteCode": invite_code, "name": self.name, "owner": self.owner,
            "purpose": self.purpose, "jwk": jwk,
        });
        let body = body.to_string();
        let url = Url::parse(&format!("{}/api/agents/register", stage.issuer()));
        let url = url.map_err(Failure::refused)?;
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let target = Target::of(Method::POST, &url);
        let moment = Moment::starting(stage.sources.clock.now(), &stage.sources.entropy);
        signed::sign(&target, &mut headers, body.as_bytes(), Signer::own(key), &moment)?;
        let mut request = reqwest::Request::new(Method::POST, url);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body.into());
        stage.client.execute(request).await
    }
}
