//! Something that can act: the agent itself, in a task, or for somebody.

use std::fmt;
use std::sync::Arc;

use reqwest::{IntoUrl, Method, Request, RequestBuilder, Response};

use crate::agent::Agent;
use crate::carrier::Carrier;
use crate::credential::{Credential, Derived, WithToken};
use crate::derived::DerivedKeys;
use crate::error::Error;
use crate::manner::Form;
use crate::sending::Sender;
use crate::tokens::{AccessToken, Purpose, Tokens};

/// Something that can act: an agent in one manner. A copy is the same one, and costs nothing.
#[derive(Clone)]
pub struct Acting {
    inner: Arc<Inner>,
}

struct Inner {
    agent: Arc<Agent>,
    credential: Credential,
    /// Tokens for who asks for one in a form that needs none.
    spare: Tokens,
    form: Form,
}

impl Acting {
    pub(crate) fn new(agent: Arc<Agent>, purpose: Purpose) -> Self {
        let form = purpose.manner.form;
        let credential = match form {
            Form::Signature => Credential::Own,
            Form::Derived => {
                Credential::Derived(Derived::new(DerivedKeys::new(purpose.task.clone())))
            }
            Form::Token | Form::Dpop => {
                Credential::Token(WithToken::new(Tokens::new(purpose.clone())))
            }
        };
        let inner = Inner { agent, credential, spare: Tokens::new(purpose), form };
        Self { inner: Arc::new(inner) }
    }

    /// Sends a request as this agent, newly signed each time it is sent.
    ///
    /// A refusal of the gateway is [`Error::Denied`]; what the API itself answers is returned,
    /// whatever its status. A body is bytes; a stream is passed on where its `Content-Digest` comes
    /// with it. Redirects are followed on the same origin. It is sent again where that is safe:
    /// after a limit or an outage as long as the server says, after a broken connection only what
    /// is idempotent (RFC 9110, section 9.2.2) or has an `Idempotency-Key`.
    pub async fn execute(&self, request: Request) -> Result<Response, Error> {
        self.execute_over(request, &*self.inner.agent.link.carrier).await
    }

    /// Sends what a builder of reqwest's makes; the client that it comes from sends nothing.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let request = request.build();
        let request = request.map_err(|error| Error::misused(format!("no request: {error}")))?;
        self.execute(request).await
    }

    /// Gets what is at this address.
    pub async fn get(&self, url: impl IntoUrl) -> Result<Response, Error> {
        let url = url.into_url();
        let url = url.map_err(|error| Error::misused(format!("no address: {error}")))?;
        self.execute(Request::new(Method::GET, url)).await
    }

    /// An access token that is good now; for clients that send it themselves.
    pub async fn token(&self) -> Result<AccessToken, Error> {
        Ok((*self.tokens().get(self.agent()).await?).clone())
    }

    pub(crate) async fn execute_over(
        &self,
        request: Request,
        carrier: &dyn Carrier,
    ) -> Result<Response, Error> {
        let Inner { agent, credential, .. } = &*self.inner;
        Sender { agent, credential, carrier }.deliver(request).await
    }

    pub(crate) fn agent(&self) -> &Arc<Agent> {
        &self.inner.agent
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.inner.credential
    }

    /// The tokens that requests are sent with, or would be.
    pub(crate) fn tokens(&self) -> &Tokens {
        match &self.inner.credential {
            Credential::Token(token) => &token.tokens,
            Credential::Own | Credential::Derived(_) => &self.inner.spare,
        }
    }
}

impl fmt::Debug for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = self.inner.agent.present();
        write!(f, "Acting({} by {:?})", present.identity.name, self.inner.form)
    }
}
