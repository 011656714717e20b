//! A request before it is signed.

use bailiwick_domain::time::Timestamp;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use super::agent::Agent;
use super::exchange::Prepared;
use super::stage::Stage;
use crate::failure::Failure;
use crate::signed::{self, Moment, Signer, Target};

/// What is to be asked of the API.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: Method,
    path: &'static str,
    query: Option<&'static str>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    pub(super) fn new(method: Method, path: &'static str) -> Self {
        Self { method, path, query: None, headers: HeaderMap::new(), body: Vec::new() }
    }

    pub(super) fn get(path: &'static str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(super) fn post(path: &'static str, body: &Value) -> Self {
        let mut call = Self::new(Method::POST, path);
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = body.to_string().into_bytes();
        call
    }

    pub(super) fn query(mut self, query: &'static str) -> Self {
        self.query = Some(query);
        self
    }

    /// With a header that says who is calling, true or not.
    pub(super) fn saying_to_be(mut self, name: &'static str) -> Self {
        self.headers.insert("x-agent-id", HeaderValue::from_static(name));
        self
    }

    /// With an access token.
    pub(super) fn with_token(mut self, token: &str) -> Result<Self, Failure> {
        let value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(Failure::refused)?;
        self.headers.insert(AUTHORIZATION, value);
        Ok(self)
    }

    /// As it is, with no signature.
    pub(super) fn unsigned(self) -> Prepared {
        let Self { method, path, query, headers, body } = self;
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Prepared { method, target: format!("{path}{query}"), headers, body }
    }

    /// Signed by the agent, now.
    pub(super) fn signed(self, agent: &Agent, stage: &Stage) -> Result<Prepared, Failure> {
        self.signed_as(Signer::own(&agent.key), stage)
    }

    /// Signed now with a key that goes by any name.
    pub(super) fn signed_as(self, signer: Signer<'_>, stage: &Stage) -> Result<Prepared, Failure> {
        let now = stage.sources.clock.now();
        self.signed_at(now, signer, stage)
    }

    /// Signed as of an instant.
    pub(super) fn signed_at(
        mut self,
        at: Timestamp,
        signer: Signer<'_>,
        stage: &Stage,
    ) -> Result<Prepared, Failure> {
        let target = Target {
            method: self.method.clone(),
            scheme: "http".to_owned(),
            authority: stage.gateway().to_string(),
            path: self.path.to_owned(),
            query: self.query.map(str::to_owned),
        };
        let moment = Moment::starting(at, &stage.sources.entropy);
        signed::sign(&target, &mut self.headers, &self.body, signer, &moment)?;
        Ok(self.unsigned())
    }
}
