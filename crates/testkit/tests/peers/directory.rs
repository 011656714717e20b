//! A directory of keys, served where Web Bot Auth looks for it.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Where a server has its directory.
pub(crate) const PATH: &str = "/.well-known/http-message-signatures-directory";
const TYPE: &str = "application/http-message-signatures-directory+json";

/// Serves a directory with one public key for as long as the runtime lives; its origin.
pub(crate) async fn serve(key: Value) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let keys = json!({"keys": [key]}).to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let keys = keys.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let answer = answer(&request, &keys);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let builder = Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    origin
}

fn answer(request: &Request<Incoming>, keys: &str) -> Response<String> {
    let response = Response::builder();
    let answer = match request.uri().path() {
        PATH => response.header("content-type", TYPE).body(keys.to_owned()),
        _ => response.status(StatusCode::NOT_FOUND).body(String::new()),
    };
    answer.unwrap()
}
