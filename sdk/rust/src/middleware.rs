//! Signing below reqwest-middleware.

use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};
use tokio::sync::Mutex;

use crate::acting::Acting;
use crate::carrier::{Carrier, laid_open};
use crate::error::{BoxError, Error};

/// Sends whatever passes as this agent, with all that [`Acting::execute`] does: signed newly each
/// time, waited for people, sent again where that is safe. What is below it in the chain sees
/// requests that are signed, as often as they are sent.
///
/// A failure is [`reqwest_middleware::Error::Middleware`]; its `downcast_ref` finds this crate's
/// [`Error`]. The client around which it is put must follow no redirects by itself, since it
/// would follow them with the signature of another request:
///
/// ```
/// use bailiwick_client::{Client, SigningMiddleware};
/// use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
///
/// fn signed(agent: &Client) -> reqwest::Result<ClientWithMiddleware> {
///     let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
///     Ok(ClientBuilder::new(plain).with(SigningMiddleware::new(agent)).build())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct SigningMiddleware {
    acting: Acting,
}

impl SigningMiddleware {
    /// Sends as this client, task, or whatever else can act.
    pub fn new(acting: &Acting) -> Self {
        Self { acting: acting.clone() }
    }
}

/// The rest of the chain, gone through as often as it takes.
struct Onward<'a> {
    next: Next<'a>,
    extensions: Mutex<&'a mut Extensions>,
}

#[async_trait]
impl Carrier for Onward<'_> {
    async fn carry(&self, request: Request) -> std::result::Result<Response, BoxError> {
        let mut extensions = self.extensions.lock().await;
        self.next.clone().run(request, &mut extensions).await.map_err(laid_open)
    }
}

#[async_trait]
impl Middleware for SigningMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let onward = Onward { next, extensions: Mutex::new(extensions) };
        let sent = self.acting.execute_over(request, &onward).await;
        sent.map_err(|error: Error| reqwest_middleware::Error::middleware(error))
    }
}
