//! What sends requests.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Request, Response, Url};
use reqwest_middleware::ClientWithMiddleware;

use crate::error::{BoxError, Error};

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// What sends requests that are signed already: a `reqwest::Client`, one with middleware around it,
/// or your own. It must follow no redirects: a signature is for one place.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Sends it, and comes back with the answer's head.
    async fn carry(&self, request: Request) -> Result<Response, BoxError>;
}

#[async_trait]
impl Carrier for reqwest::Client {
    async fn carry(&self, request: Request) -> Result<Response, BoxError> {
        Ok(self.execute(request).await?)
    }
}

#[async_trait]
impl Carrier for ClientWithMiddleware {
    async fn carry(&self, request: Request) -> Result<Response, BoxError> {
        self.execute(request).await.map_err(laid_open)
    }
}

/// The error below reqwest-middleware's own.
pub(crate) fn laid_open(error: reqwest_middleware::Error) -> BoxError {
    match error {
        reqwest_middleware::Error::Middleware(error) => error.into(),
        reqwest_middleware::Error::Reqwest(error) => error.into(),
    }
}

/// A client that follows no redirects. Proxies of the environment are used, except to reach this
/// very machine.
pub(crate) fn plain(server: &Url) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("bailiwick-client/", env!("CARGO_PKG_VERSION")));
    let builder = if is_loopback(server) { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| Error::misused(format!("no HTTP client: {error}")))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
