//! Requests that an agent sends to the authority, signed with its key.

use std::path::Path;

use bailiwick_proof::keys::SigningKey;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use reqwest::Url;
use serde_json::Value;

use crate::client::Client;
use crate::failure::Failure;
use crate::form;
use crate::invocation::Invocation;
use crate::keyfile;
use crate::signed::{self, Moment, Signer, Target};

/// An agent that asks: its key, and whom.
pub(crate) struct Asking<'a> {
    key: SigningKey,
    client: Client,
    invocation: &'a Invocation,
}

impl<'a> Asking<'a> {
    /// The agent whose private key is in the file.
    pub(crate) fn with(key: &Path, invocation: &'a Invocation) -> Result<Self, Failure> {
        Ok(Self { key: keyfile::read(key)?, client: invocation.client()?, invocation })
    }

    /// A form, as OAuth's endpoints take it.
    pub(crate) async fn form(&self, path: &str, form: &[(&str, String)]) -> Result<Value, Failure> {
        let kind = "application/x-www-form-urlencoded";
        self.send((Method::POST, path), kind, form::encode(form)).await
    }

    /// A JSON object.
    pub(crate) async fn json(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send((Method::POST, path), "application/json", body.to_string()).await
    }

    /// A request to take something away.
    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.send((Method::DELETE, path), "", String::new()).await
    }

    async fn send(
        &self,
        (method, path): (Method, &str),
        kind: &'static str,
        body: String,
    ) -> Result<Value, Failure> {
        let url = format!("{}{path}", self.client.url());
        let url = Url::parse(&url).map_err(|_| Failure::usage(format!("`{url}` is not a URL")))?;
        let target = Target::of(method.clone(), &url);
        let mut request = reqwest::Request::new(method, url);
        let headers = request.headers_mut();
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let invocation = self.invocation;
        let moment = Moment::starting(invocation.clock.now(), &invocation.entropy);
        signed::sign(&target, headers, body.as_bytes(), Signer::own(&self.key), &moment)?;
        *request.body_mut() = Some(body.into());
        self.client.execute(request).await
    }
}
