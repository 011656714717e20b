//! What signing costs in the client: from the call of a request to its bytes, over a wire that
//! answers at once.

use anyhow::{Context, Result};
use async_trait::async_trait;
use bailiwick_client::reqwest::{Method, Request, Response, Url};
use bailiwick_client::{BoxError, Carrier, Client, Form, Key, Manner, MemoryStore, Options};
use bailiwick_domain::time::Timestamp;
use bailiwick_vault::hpke::seal_to;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::proofs::BODY;
use super::step::Step;
use crate::maker::{self, HOST, PATH};

/// A request of 1 KiB by an agent's own key, and by a derived one.
pub(super) fn measure() -> Result<Vec<Step>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let forms = [
        ("a request in the client of Rust: Ed25519, digest of 1 KiB", Form::Signature),
        ("the same, by a derived key", Form::Derived),
    ];
    forms.into_iter().map(|(what, form)| timed(&runtime, what, form)).collect()
}

fn timed(runtime: &Runtime, what: &'static str, form: Form) -> Result<Step> {
    let key = Key::generate()?;
    let authority = format!("http://authority.{HOST}");
    let jwk: Value = serde_json::from_str(&key.to_jwk())?;
    let known = json!({
        "server": authority, "issuer": authority, "gateway": format!("http://{HOST}"),
        "agentId": "agt_1", "keyId": "key_1", "name": "bench", "subject": "spiffe://bench",
        "status": "active", "jwk": jwk,
    });
    let options = Options::default().manner(Manner::of(form)).carrier(AtOnce);
    let store = MemoryStore::holding(known.to_string());
    let building = Client::builder().store(store).options(options).build();
    let client = runtime.block_on(building)?;
    let url = Url::parse(&format!("http://{HOST}{PATH}"))?;
    runtime.block_on(Step::time_async(what, async |_| {
        let mut request = Request::new(Method::POST, url.clone());
        *request.body_mut() = Some(BODY.as_slice().into());
        client.execute(request).await?;
        Ok(())
    }))
}

/// A wire at whose end everything is fine, and derived keys are sold.
struct AtOnce;

#[async_trait]
impl Carrier for AtOnce {
    async fn carry(&self, request: Request) -> std::result::Result<Response, BoxError> {
        let answer = match request.url().path() {
            "/oauth/derived-key" => sold(&request)?,
            _ => String::new(),
        };
        Ok(http::Response::new(answer).into())
    }
}

fn sold(request: &Request) -> Result<String> {
    let body = request.body().and_then(|body| body.as_bytes()).context("nothing was asked")?;
    let asked: Value = serde_json::from_slice(body)?;
    let public = asked.get("public_key").and_then(Value::as_str).context("no public key")?;
    let public = URL_SAFE_NO_PAD.decode(public)?;
    let public = public.as_slice().try_into()?;
    let sealed = seal_to(public, b"bailiwick derived key 1", b"drv_1", &[7; 32])?;
    let expires_at: Timestamp = maker::now().plus_seconds(3_600);
    Ok(json!({
        "key_id": "drv_1", "expires_at": expires_at.to_string(),
        "enc": URL_SAFE_NO_PAD.encode(sealed.enc),
        "ciphertext": URL_SAFE_NO_PAD.encode(&sealed.ciphertext),
    })
    .to_string())
}
