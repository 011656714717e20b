//! Access tokens: got when they are needed, renewed before they end.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bailiwick_domain::time::Timestamp;
use http::Method;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::agent::{Agent, Present};
use crate::error::{BoxError, Error};
use crate::key::Key;
use crate::link::{Body, Question};
use crate::manner::{Form, Manner};
use crate::renewed::{Fresh, Renewed, Wanted};
use crate::settings::Coming;

const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ASSERTION: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A token and how it is sent. Whoever asks for its text gets that; nothing prints it.
#[derive(Clone)]
pub struct AccessToken {
    text: Zeroizing<String>,
    kind: String,
    scopes: Vec<String>,
    expires_at: Timestamp,
}

impl AccessToken {
    /// The token itself, for clients that send it themselves.
    pub fn secret(&self) -> &str {
        &self.text
    }

    /// `Bearer`: with a signature of the agent's key beside it. `DPoP`: with a proof.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it allows.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// When it ends, by this machine's clock.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(crate) fn is_sent_with_proof(&self) -> bool {
        self.kind.eq_ignore_ascii_case("dpop")
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken({} {})", self.kind, self.scopes.join(" "))
    }
}

/// A token response (RFC 6749, section 5.1).
#[derive(Deserialize)]
pub(crate) struct Answered {
    pub(crate) access_token: String,
    pub(crate) token_type: String,
    pub(crate) expires_in: i64,
    #[serde(default)]
    pub(crate) scope: String,
}

impl Answered {
    /// The token, asked for at that instant.
    pub(crate) fn token(self, asked_at: Timestamp) -> Fresh<AccessToken> {
        let Self { access_token, token_type: kind, expires_in, scope } = self;
        let text = Zeroizing::new(access_token);
        let scopes = scope.split_whitespace().map(str::to_owned).collect();
        let expires_at = asked_at.plus_seconds(expires_in);
        Fresh { value: AccessToken { text, kind, scopes, expires_at }, expires_at }
    }
}

/// Whoever an agent acts for: their token, and what it is (RFC 8693; RFC 7523).
#[derive(Clone)]
pub struct Subject {
    kind: String,
    token: Arc<dyn Fn() -> Coming<Result<String, BoxError>> + Send + Sync>,
}

impl Subject {
    /// By an access token, of this authority or of an issuer that it trusts.
    pub fn access_token(token: impl Into<String>) -> Self {
        Self::of("access_token", token)
    }

    /// By an ID token of a trusted issuer.
    pub fn id_token(token: impl Into<String>) -> Self {
        Self::of("id_token", token)
    }

    /// By an assertion, as an ID-JAG is one: the grant of RFC 7523, not an exchange.
    pub fn assertion(token: impl Into<String>) -> Self {
        Self::of("assertion", token)
    }

    /// By a token of this kind: `access_token`, `id_token`, `jwt`, `assertion`, or a URI.
    pub fn of(kind: impl Into<String>, token: impl Into<String>) -> Self {
        let token = Zeroizing::new(token.into());
        Self::asking(kind, move || std::future::ready(Ok((*token).clone())))
    }

    /// By a token that is asked for each time one is needed, since it ends before the work does.
    pub fn asking<F, C>(kind: impl Into<String>, token: F) -> Self
    where
        F: Fn() -> C + Send + Sync + 'static,
        C: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self { kind: kind.into(), token: Arc::new(move || Box::pin(token())) }
    }
}

/// An access token.
impl<T: Into<String>> From<T> for Subject {
    fn from(token: T) -> Self {
        Self::access_token(token)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({})", self.kind)
    }
}

/// What tokens are to be for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Purpose {
    pub(crate) manner: Manner,
    /// A task that is open.
    pub(crate) task: Option<String>,
    /// On whose behalf.
    pub(crate) subject: Option<Subject>,
}

/// The tokens for one purpose.
pub(crate) struct Tokens {
    purpose: Purpose,
    renewed: Renewed<AccessToken>,
}

impl Tokens {
    pub(crate) fn new(purpose: Purpose) -> Self {
        Self { purpose, renewed: Renewed::new() }
    }

    /// One that is good now.
    pub(crate) async fn get(&self, agent: &Agent) -> Result<Arc<AccessToken>, Error> {
        let present = agent.present();
        let now = agent.link.time.clock.now();
        let wanted = Wanted { now, generation: present.generation };
        self.renewed.get(wanted, || self.issue(agent, &present, now)).await
    }

    pub(crate) async fn forget(&self) {
        self.renewed.forget().await;
    }

    /// Keeps a token that the authority gave with something else.
    pub(crate) async fn keep(&self, fresh: Fresh<AccessToken>, wanted: Wanted) {
        self.renewed.keep(fresh, wanted).await;
    }

    async fn issue(
        &self,
        agent: &Agent,
        present: &Present,
        now: Timestamp,
    ) -> Result<Fresh<AccessToken>, Error> {
        let question = Question {
            method: Method::POST,
            path: "/oauth/token",
            body: Body::Form(self.purpose.form().await?),
            dpop: proof_key(present, self.purpose.manner.form)?,
            signer: Some(&present.signer),
            repeatable: true,
        };
        Ok(agent.link.ask::<Answered>(&question).await?.token(now))
    }
}

/// The key that a token in this form is bound to by proofs; none where signatures bind it.
pub(crate) fn proof_key(present: &Present, form: Form) -> Result<Option<&Key>, Error> {
    let by_proofs = form == Form::Dpop || !present.binds_by_key();
    by_proofs.then(|| present.dpop_key()).transpose()
}

impl Purpose {
    async fn form(&self) -> Result<Vec<(&'static str, String)>, Error> {
        let mut form = match &self.subject {
            None => vec![("grant_type", "client_credentials".to_owned())],
            Some(subject) => subject.form().await?,
        };
        form.extend(self.task.clone().map(|task| ("task", task)));
        if !self.manner.scopes.is_empty() {
            form.push(("scope", self.manner.scopes.join(" ")));
        }
        form.extend(self.manner.audience.iter().map(|name| ("audience", name.clone())));
        form.extend(self.manner.resource.iter().map(|name| ("resource", name.clone())));
        Ok(form)
    }
}

impl Subject {
    async fn form(&self) -> Result<Vec<(&'static str, String)>, Error> {
        let given = (self.token)().await;
        let what = "getting the subject's token";
        let token = given.map_err(|source| Error::Asked { what, source })?;
        if self.kind == "assertion" {
            return Ok(vec![("grant_type", ASSERTION.to_owned()), ("assertion", token)]);
        }
        let is_uri = self.kind.contains(':');
        let kind = if is_uri { self.kind.clone() } else { format!("{TOKEN_TYPE}{}", self.kind) };
        Ok(vec![
            ("grant_type", EXCHANGE.to_owned()),
            ("subject_token", token),
            ("subject_token_type", kind),
        ])
    }
}
