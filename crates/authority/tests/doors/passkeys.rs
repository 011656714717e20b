//! People who come in with a link and a passkey, and everything that only looks like one (Web
//! Authentication Level 3, section 7).

use axum::body::Body;
use bailiwick_authority::create_welcome;
use bailiwick_domain::passkey::WELCOME_SECONDS;
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_fetch::form::encode;
use http::Request;
use serde_json::{Value, json};

use crate::authenticator::{Authenticator, ORIGIN};
use crate::pages::OWN;
use crate::sign_in::cookie;
use crate::world::{Answer, ISSUER, World};

type Fields = Vec<(&'static str, String)>;

async fn visit(world: &World, path: &str, cookies: &str) -> Answer {
    let request = Request::get(path).header("cookie", cookies);
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn post(world: &World, path: &str, cookies: &str, fields: &Fields) -> Answer {
    let body = encode(fields.iter().map(|(name, value)| (*name, value.as_str())));
    let mut request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies);
    for (name, value) in OWN {
        request = request.header(name, value);
    }
    world.send(request.body(Body::from(body)).unwrap()).await
}

/// A page that asks for a passkey: its challenge, and the browser's cookie.
async fn ask(world: &World, path: &str, cookies: &str) -> (String, String) {
    let page = visit(world, path, cookies).await;
    assert_eq!(page.status, 200, "{}", String::from_utf8_lossy(&page.body));
    let policy = page.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"));
    let challenge = attribute(&page, "data-challenge");
    assert_eq!(attribute(&page, "data-party"), "localhost");
    (challenge, cookie(&page, "bailiwick_passkey"))
}

fn attribute(page: &Answer, name: &str) -> String {
    let text = String::from_utf8(page.body.clone()).unwrap();
    let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn link(world: &World) -> String {
    let now = Timestamp::from_seconds(world.now());
    let clock = Clock::new(move || now);
    let link = create_welcome(&world.store, ISSUER, &clock, &world.entropy).await.unwrap().unwrap();
    link.strip_prefix(ORIGIN).unwrap().to_owned()
}

fn come(link: &str, made: Fields) -> Fields {
    let code = link.split_once("code=").unwrap().1.to_owned();
    [vec![("code", code), ("name", " Ada Lovelace ".to_owned())], made].concat()
}

/// Somebody who came in: their authenticator, and their browser's cookie.
async fn come_in(world: &World) -> (Authenticator, String) {
    let device = Authenticator::new(&world.entropy);
    let link = link(world).await;
    let (challenge, begun) = ask(world, &link, "").await;
    let answer = post(world, "/welcome", &begun, &come(&link, device.register(&challenge))).await;
    assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.headers["location"], "/me");
    (device, cookie(&answer, "bailiwick_session"))
}

async fn sign_in(world: &World, device: &Authenticator) -> Answer {
    let (challenge, begun) = ask(world, "/sign-in/passkey?return_to=/me", "").await;
    post(world, "/sign-in/passkey", &begun, &device.sign(&challenge)).await
}

#[tokio::test]
async fn the_first_person_comes_in_with_a_link_and_signs_in_again_with_a_passkey() {
    let world = World::new().await;
    let (mut device, session) = come_in(&world).await;
    let page = String::from_utf8(visit(&world, "/me", &session).await.body).unwrap();
    assert!(page.contains("<h1>Ada Lovelace</h1>") && page.contains(">admin</span>"), "{page}");
    device.count += 1;
    let answer = sign_in(&world, &device).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["location"]),
        (303, &"/me".parse().unwrap())
    );
    let again = cookie(&answer, "bailiwick_session");
    assert_ne!(again, session);
    assert_eq!(visit(&world, "/me", &again).await.status, 200);
    let listed = world.operate("GET", "/api/v1/people", Value::Null).await.ok(200);
    let person = &listed["people"][0];
    assert_eq!((&person["issuer"], &person["role"]), (&json!(ISSUER), &json!("admin")));
    assert_eq!(person["subject"], person["id"]);
}

#[tokio::test]
async fn a_link_lets_one_person_in_within_a_day() {
    let world = World::new().await;
    let device = Authenticator::new(&world.entropy);
    let (used, late) = (link(&world).await, link(&world).await);
    let (challenge, begun) = ask(&world, &used, "").await;
    let fields = come(&used, device.register(&challenge));
    assert_eq!(post(&world, "/welcome", &begun, &fields).await.status, 303);
    assert_eq!(visit(&world, &used, "").await.status, 403);
    let other = Authenticator::new(&world.entropy);
    let (challenge, begun) = ask(&world, &late, "").await;
    let fields = come(&used, other.register(&challenge));
    assert_eq!(post(&world, "/welcome", &begun, &fields).await.status, 403, "it was used");
    for path in ["/welcome", "/welcome?code=", "/welcome?code=bww_x"] {
        assert_eq!(visit(&world, path, "").await.status, 403, "{path}");
    }
    world.pass(WELCOME_SECONDS);
    assert_eq!(visit(&world, &late, "").await.status, 403);
    let people = world.store.read().await.unwrap().people().list().await.unwrap();
    assert_eq!(people.len(), 1);
}

#[tokio::test]
async fn an_admin_invites_a_person_with_a_name_and_a_role() {
    let world = World::new().await;
    let body = json!({ "role": "approver", "name": "Bob" });
    let made = world.operate("POST", "/api/v1/people/invites", body).await.ok(201);
    let link = made["link"].as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned();
    let device = Authenticator::new(&world.entropy);
    let (challenge, begun) = ask(&world, &link, "").await;
    let fields = come(&link, device.register(&challenge));
    assert_eq!(post(&world, "/welcome", &begun, &fields).await.status, 303);
    let listed = world.operate("GET", "/api/v1/people", Value::Null).await.ok(200);
    let person = &listed["people"][0];
    assert_eq!((&person["name"], &person["role"]), (&json!("Bob"), &json!("approver")));
    let answer = world.operate("POST", "/api/v1/people/invites", json!({ "role": "root" })).await;
    answer.refused(400, "request_malformed");
}

#[tokio::test]
async fn a_passkey_that_does_not_hold_signs_nobody_in() {
    let world = World::new().await;
    let (mut device, _) = come_in(&world).await;
    device.count = 2;
    let (challenge, begun) = ask(&world, "/sign-in/passkey", "").await;
    let (_, other) = ask(&world, "/sign-in/passkey", "").await;
    let fields = device.sign(&challenge);
    assert_eq!(post(&world, "/sign-in/passkey", "", &fields).await.status, 403, "no cookie");
    let answer = post(&world, "/sign-in/passkey", &other, &fields).await;
    assert_eq!(answer.status, 403, "the challenge of another browser");
    assert_eq!(post(&world, "/sign-in/passkey", &begun, &fields).await.status, 303);
    let answer = post(&world, "/sign-in/passkey", &begun, &fields).await;
    assert_eq!(answer.status, 403, "a challenge counts once");
    assert_eq!(sign_in(&world, &device).await.status, 403, "a count that stays: a copy");
    device.count = 3;
    device.origin = "https://evil.example";
    assert_eq!(sign_in(&world, &device).await.status, 403, "phished");
    device.origin = ORIGIN;
    device.flags = 0x01;
    assert_eq!(sign_in(&world, &device).await.status, 403, "nobody was verified");
    device.flags = 0x05;
    let stranger = Authenticator::new(&world.entropy);
    assert_eq!(sign_in(&world, &stranger).await.status, 403);
    let thief = Authenticator { id: device.id, count: 9, ..Authenticator::new(&world.entropy) };
    assert_eq!(sign_in(&world, &thief).await.status, 403, "another key under the same id");
    let (challenge, begun) = ask(&world, "/sign-in/passkey", "").await;
    world.pass(300);
    let late = post(&world, "/sign-in/passkey", &begun, &device.sign(&challenge)).await;
    assert_eq!(late.status, 403);
    assert_eq!(sign_in(&world, &device).await.status, 303);
}

#[tokio::test]
async fn passkeys_are_added_and_removed_by_who_signed_in_just_now_and_one_stays() {
    let world = World::new().await;
    let (_, session) = come_in(&world).await;
    let second = Authenticator::new(&world.entropy);
    let token = attribute(&visit(&world, "/me", &session).await, "name=\"form_token\" value");
    let form = |fields: Fields| [vec![("form_token", token.clone())], fields].concat();
    let (challenge, begun) = ask(&world, "/me/passkeys/new", &session).await;
    let both = format!("{session}; {begun}");
    let fields = second.register(&challenge);
    assert_eq!(post(&world, "/me/passkeys", &both, &fields).await.status, 403, "no token");
    let answer = post(&world, "/me/passkeys", &both, &form(fields)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["location"]),
        (303, &"/me".parse().unwrap())
    );
    let (challenge, begun) = ask(&world, "/me/passkeys/new", &session).await;
    let both = format!("{session}; {begun}");
    let twice = post(&world, "/me/passkeys", &both, &form(second.register(&challenge))).await;
    assert_eq!(twice.status, 409, "one passkey is one person's, once");
    let person = world.store.read().await.unwrap().people().list().await.unwrap().remove(0);
    let held = world.store.read().await.unwrap().passkeys().list(person.id).await.unwrap();
    let chosen = |place: usize| ("passkey", held[place].id.to_string());
    let every = form(vec![chosen(0), chosen(1)]);
    assert_eq!(post(&world, "/me/passkeys/remove", &session, &every).await.status, 409);
    let one = form(vec![chosen(0)]);
    world.pass(600);
    let answer = post(&world, "/me/passkeys/remove", &session, &one).await;
    assert_eq!(answer.headers["location"], "/sign-in?again=1&return_to=%2Fme");
    let again =
        cookie(&sign_in(&world, &Authenticator { count: 2, ..second }).await, "bailiwick_session");
    let token = attribute(&visit(&world, "/me", &again).await, "name=\"form_token\" value");
    let one = vec![("form_token", token), chosen(0)];
    assert_eq!(post(&world, "/me/passkeys/remove", &again, &one).await.headers["location"], "/me");
    let left = world.store.read().await.unwrap().passkeys().list(person.id).await.unwrap();
    assert_eq!(left.len(), 1);
}
