//! An upstream that remembers what reached it whole.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;

/// A request that reached the upstream with its whole body.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A running upstream. Whatever it is asked, it answers 200 with the path, except for the paths
/// `/never`, to which it does not answer, and `/broken`, at which it closes the connection.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    says: Arc<Mutex<BTreeMap<String, Said>>>,
}

/// What it says at a path: a content type and a body.
type Said = (&'static str, String);

impl Upstream {
    /// Starts one on any port of the loopback; it ends with the runtime.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            says: Arc::default(),
        };
        let serving = upstream.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let upstream = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let upstream = upstream.clone();
                        async move { upstream.answer(request).await }
                    });
                    let builder = Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        upstream
    }

    /// What has reached it whole.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has it say something else at a path.
    pub fn say(&self, path: &str, content_type: &'static str, body: &str) {
        let mut says = self.says.lock().unwrap_or_else(PoisonError::into_inner);
        says.insert(path.to_owned(), (content_type, body.to_owned()));
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Broken> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
        let target = parts.uri.to_string();
        let seen = Seen { method: parts.method, target, headers: parts.headers, body };
        let path = parts.uri.path().to_owned();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        let says = self.says.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
        if let Some((content_type, body)) = says {
            let mut response = Response::new(Full::from(body.into_bytes()));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            return Ok(response);
        }
        match path.as_str() {
            "/never" => std::future::pending::<Result<_, Infallible>>().await.map_err(|_| Broken),
            "/broken" => Err(Broken),
            _ => {
                let mut response = Response::new(Full::from(path.into_bytes()));
                *response.status_mut() = StatusCode::OK;
                Ok(response)
            }
        }
    }
}

#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken off")
    }
}

impl std::error::Error for Broken {}
