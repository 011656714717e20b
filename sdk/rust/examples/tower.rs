//! A service in whose tower every outgoing request is signed, whoever makes it.
//!   `AGENT_FILE=summarizer.json API=… cargo run --example tower`
#![expect(clippy::disallowed_methods, reason = "a program reads its environment")]

use std::env::var;

use bailiwick_client::{BoxError, Client, FileStore, SigningLayer};
use bytes::Bytes;
use http::{Request, Response};
use tower::{ServiceBuilder, ServiceExt, service_fn};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let agent = Client::builder().store(FileStore::new(var("AGENT_FILE")?)).build().await?;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;

    let service = ServiceBuilder::new()
        // A layer that tries again goes above: whatever passes twice is signed twice.
        .layer(SigningLayer::new(&agent))
        .service(service_fn(move |request: Request<Bytes>| {
            let http = http.clone();
            async move {
                let answer = http.execute(request.try_into()?).await?;
                Ok::<Response<reqwest::Body>, reqwest::Error>(answer.into())
            }
        }));

    let ticket = Request::post(format!("{}/tickets", var("API")?))
        .header("content-type", "application/json")
        .body(Bytes::from(r#"{"title":"printer on fire"}"#))?;
    println!("{}", service.oneshot(ticket).await?.status());
    Ok(())
}
