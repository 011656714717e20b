//! What all pages have in common: who sees them, what they allow themselves, which forms count.

use axum::body::Body;
use bailiwick_domain::person::{IDLE_SECONDS, SESSION_SECONDS};
use http::Request;

use crate::sign_in::Stage;
use crate::world::{Answer, ISSUER};

async fn post(stage: &Stage, cookies: &str, headers: &[(&str, &str)], token: &str) -> Answer {
    let mut request = Request::post("/sign-out")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    stage.world.send(request.body(Body::from(format!("form_token={token}"))).unwrap()).await
}

pub(crate) async fn form_token(stage: &Stage, session: &str) -> Option<String> {
    let page = String::from_utf8(stage.visit("/sign-in", session).await.body).unwrap();
    let (_, rest) = page.split_once("name=\"form_token\" value=\"")?;
    Some(rest.split('"').next().unwrap().to_owned())
}

pub(crate) const OWN: [(&str, &str); 2] = [("sec-fetch-site", "same-origin"), ("origin", "null")];

#[tokio::test]
async fn a_page_allows_itself_nothing_and_is_kept_by_nobody() {
    let stage = Stage::new().await;
    for (path, status) in [("/sign-in", 200), ("/sign-in/with/nobody", 404)] {
        let page = stage.visit(path, "").await;
        assert_eq!(page.status, status);
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; "));
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script-src"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let text = String::from_utf8(page.body).unwrap();
        assert!(!text.contains("<script") && !text.contains("style="), "{text}");
        let style = text.split("href=\"/assets/").nth(2).unwrap().split('"').next().unwrap();
        let style = stage.visit(&format!("/assets/{style}"), "").await;
        assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
        assert!(style.headers["cache-control"].to_str().unwrap().contains("immutable"));
    }
}

#[tokio::test]
async fn only_a_form_that_was_shown_in_this_sign_in_counts() {
    let stage = Stage::new().await;
    let (session, other) = (stage.sign_in().await, stage.sign_in().await);
    let token = form_token(&stage, &session).await.unwrap();
    let others = form_token(&stage, &other).await.unwrap();
    let cross = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    let site = [("sec-fetch-site", "same-site")];
    let typed = [("sec-fetch-site", "none")];
    let lying = [("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")];
    for (headers, token) in [
        (&cross[..], &*token),
        (&site, &token),
        (&typed, &token),
        (&lying, &token),
        (&[], &token),
        (&[("origin", "null")], &token),
        (&OWN, &others),
        (&OWN, ""),
        (&OWN, "AAAA"),
    ] {
        let answer = post(&stage, &session, headers, token).await;
        assert_eq!(answer.status, 403, "{headers:?} {token}");
    }
    assert_eq!(form_token(&stage, &session).await, Some(token.clone()), "still signed in");
    let answer = post(&stage, &session, &[("origin", ISSUER)], &token).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["location"]),
        (303, &"/sign-in".parse().unwrap())
    );
    assert_eq!(
        form_token(&stage, &session).await,
        None,
        "the sign-in has ended, not the cookie only"
    );
    assert_eq!(form_token(&stage, &other).await, Some(others));
    let again = post(&stage, &session, &OWN, &token).await;
    assert!(again.headers["location"].to_str().unwrap().starts_with("/sign-in?return_to="));
}

#[tokio::test]
async fn a_sign_in_ends_by_being_left_alone_and_by_being_old() {
    let stage = Stage::new().await;
    let idle = stage.sign_in().await;
    stage.world.pass(IDLE_SECONDS - 1);
    assert!(form_token(&stage, &idle).await.is_some(), "and this was a use");
    stage.world.pass(IDLE_SECONDS);
    assert!(form_token(&stage, &idle).await.is_none());
    let stage = Stage::new().await;
    let busy = stage.sign_in().await;
    for _ in 0..(SESSION_SECONDS / 1_800) - 1 {
        stage.world.pass(1_800);
        assert!(form_token(&stage, &busy).await.is_some());
    }
    stage.world.pass(1_800);
    assert!(form_token(&stage, &busy).await.is_none());
}

#[tokio::test]
async fn signing_in_ends_what_the_browser_carried_before() {
    let stage = Stage::new().await;
    let first = stage.sign_in().await;
    let second = stage.sign_in_with(&first).await;
    assert_ne!(first, second);
    assert!(form_token(&stage, &first).await.is_none(), "nobody can have planted the new one");
    assert!(form_token(&stage, &second).await.is_some());
    let both = format!("{second}; bailiwick_session=x");
    assert!(form_token(&stage, &both).await.is_none(), "of two cookies one was planted");
}
