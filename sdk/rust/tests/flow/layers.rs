//! The same within reqwest-middleware and tower.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bailiwick_client::{Error, Form, Manner, Options, SigningLayer, SigningMiddleware};
use bytes::Bytes;
use http::{Extensions, Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use tower::{Layer, ServiceExt, service_fn};

use crate::stage::{Hurried, Stage};

/// Sees what goes out, and how often.
#[derive(Clone, Default)]
struct Watching(Arc<Mutex<Vec<bool>>>);

#[async_trait]
impl Middleware for Watching {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        self.0.lock().unwrap().push(request.headers().contains_key("signature"));
        next.run(request, extensions).await
    }
}

#[tokio::test]
async fn what_passes_the_middleware_is_signed_each_time_and_sent_again_where_that_is_safe() {
    let stage = Stage::begin().await;
    let agent = stage.client(Options::default().clock(Hurried::default())).await;
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let watching = Watching::default();
    let signed = ClientBuilder::new(plain.build().unwrap())
        .with(SigningMiddleware::new(&agent))
        .with(watching.clone())
        .build();
    let answer = signed.post(stage.at("/acme/tickets")).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(stage.heard("x-agent-id").as_deref(), Some("summarizer"));
    assert_eq!(*watching.0.lock().unwrap(), [true]);
    let failed = signed.get(stage.at("/acme/broken")).send().await.unwrap_err();
    let reqwest_middleware::Error::Middleware(failed) = failed else { panic!("{failed}") };
    assert_eq!(failed.downcast_ref::<Error>().unwrap().code(), "upstream_failed");
    assert_eq!(*watching.0.lock().unwrap(), [true; 6]);

    let beneath = ClientBuilder::new(reqwest::Client::builder().no_proxy().build().unwrap());
    let carrier = beneath.with(watching.clone()).build();
    let options = Options::default().carrier(carrier);
    let other = bailiwick_client::bootstrap(stage.wanted("refunder", options)).await.unwrap();
    assert_eq!(other.get(stage.at("/acme/tickets/1")).await.unwrap().status(), 200);
    assert_eq!(watching.0.lock().unwrap().len(), 8, "enrolling, and the call");
}

#[tokio::test]
async fn what_passes_the_layer_is_signed_in_every_form() {
    let stage = Stage::begin().await;
    let agent = stage.client(Options::default()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let sending = service_fn(move |request: Request<Bytes>| {
        let http = http.clone();
        async move {
            let answer = http.execute(request.try_into()?).await?;
            Ok::<Response<reqwest::Body>, reqwest::Error>(answer.into())
        }
    });
    let post = |path: &str| Request::post(stage.at(path)).body(Bytes::from("{}")).unwrap();
    for form in [Form::Signature, Form::Token] {
        let acting = agent.using(Manner::of(form));
        let service = SigningLayer::new(&acting).layer(sending.clone());
        for _ in 0..2 {
            let answer = service.clone().oneshot(post("/acme/tickets")).await.unwrap();
            assert_eq!(answer.status(), 200, "{form:?}");
        }
    }
    let service = SigningLayer::new(&agent).layer(sending);
    let get = Request::get(stage.at("/acme/tickets/7?x")).header("signature", "theirs");
    let answer = service.clone().oneshot(get.body(Bytes::new()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let refused = service.clone().oneshot(post("/acme/nowhere")).await.unwrap();
    assert_eq!(refused.status(), 403, "refusals are answers here");
    let relative = service.oneshot(Request::get("/acme/tickets/7").body(Bytes::new()).unwrap());
    let failed = relative.await.unwrap_err();
    assert!(failed.to_string().contains("absolute URI"), "{failed}");
}
