//! Signing in a tower of services.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bailiwick_proof::digest::{self, CONTENT_DIGEST};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::acting::Acting;
use crate::error::{BoxError, Error};
use crate::signing::{Target, field};

/// Signs whatever passes, as this agent, once for each time that it passes. Whether to send again
/// is for a layer around it: what comes through a second time is signed a second time.
///
/// It is for services that take `http::Request` with an absolute URI and a body that is bytes in
/// hand, such as `Bytes` or `String`, since a body's digest is signed and goes before it. Refusals
/// are answers like others here.
#[derive(Debug, Clone)]
pub struct SigningLayer {
    acting: Acting,
}

impl SigningLayer {
    /// Signs as this client, task, or whatever else can act.
    pub fn new(acting: &Acting) -> Self {
        Self { acting: acting.clone() }
    }
}

impl<S> Layer<S> for SigningLayer {
    type Service = Signing<S>;

    fn layer(&self, inner: S) -> Signing<S> {
        Signing { acting: self.acting.clone(), inner }
    }
}

/// A service below which all requests are signed; [`SigningLayer`] makes it.
#[derive(Debug, Clone)]
pub struct Signing<S> {
    acting: Acting,
    inner: S,
}

type Answering<R> = Pin<Box<dyn Future<Output = Result<Response<R>, BoxError>> + Send>>;

impl<S, B, R> Service<Request<B>> for Signing<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: AsRef<[u8]> + Send + Sync + 'static,
    R: 'static,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = Answering<R>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The one that is ready is the one that is called.
        let another = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, another);
        let acting = self.acting.clone();
        Box::pin(async move {
            sign(&acting, &mut request).await?;
            let answer = ready.call(request).await.map_err(Into::into)?;
            acting.credential().heard(answer.headers());
            Ok(answer)
        })
    }
}

async fn sign<B: AsRef<[u8]>>(acting: &Acting, request: &mut Request<B>) -> Result<(), Error> {
    let target = Target::of_uri(request.method().as_str(), request.uri());
    let target = target.ok_or_else(|| Error::misused("a request is signed for an absolute URI"))?;
    let body = request.body().as_ref();
    let digest = if body.is_empty() { None } else { Some(field(&digest::header_value(body))?) };
    let headers = request.headers_mut();
    for name in ["signature", "signature-input", "dpop"] {
        headers.remove(name);
    }
    if let Some(digest) = digest {
        headers.insert(CONTENT_DIGEST, digest);
    }
    acting.credential().prove(acting.agent(), &target, headers).await
}
