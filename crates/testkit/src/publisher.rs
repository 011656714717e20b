//! A server that publishes documents: an agent's directory, an issuer's keys.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type Documents = Arc<Mutex<BTreeMap<String, (&'static str, String)>>>;

/// A server; it ends with the test's runtime.
pub struct Publisher {
    /// Where it listens.
    pub address: SocketAddr,
    documents: Documents,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    /// A server with nothing on it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let publisher = Self { address, documents: Documents::default(), asked: Arc::default() };
        let (documents, asked) = (Arc::clone(&publisher.documents), Arc::clone(&publisher.asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (documents, asked) = (Arc::clone(&documents), Arc::clone(&asked));
                let service = service_fn(move |request: Request<Incoming>| {
                    asked.fetch_add(1, Ordering::SeqCst);
                    let answer = answer(&documents, request.uri().path());
                    async move { Ok::<_, Infallible>(answer) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        publisher
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Publishes a document.
    pub fn publish(&self, path: &str, media_type: &'static str, document: String) {
        self.documents.lock().unwrap().insert(path.to_owned(), (media_type, document));
    }

    /// How often it was asked for anything.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(documents: &Documents, path: &str) -> Response<Full<Bytes>> {
    let found = documents.lock().unwrap().get(path).cloned();
    let Some((media_type, document)) = found else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let mut response = Response::new(Full::from(document));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
