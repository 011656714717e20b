//! Ethereum accounts that are contracts (ERC-1271): a node of their chain is asked here too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::routing::post;
use axum::{Json, Router};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_fetch::Sources;
use bailiwick_proof::sign::{Signing, sign_tagged};
use bailiwick_proof::wallet::Accounts;
use bailiwick_proof::{digest, message};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::World;

const ACCOUNT: &str = "eip155:1:0xacacacacacacacacacacacacacacacacacacacac";
/// What the contract takes, whatever it is about.
const SHOWN: &[u8] = b"two of three owners agree";

/// A node that knows one contract and answers while this is so; ends with the test. Its URL.
async fn node(answers: Arc<AtomicBool>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = post(async move |Json(question): Json<Value>| {
        let shown: Vec<String> = SHOWN.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = shown.concat();
        let takes = question["params"][0]["data"].as_str().is_some_and(|it| it.contains(&shown));
        let result = match question["method"].as_str() {
            Some("eth_chainId") => "0x1".to_owned(),
            Some("eth_getCode") => "0x6001".to_owned(),
            Some("eth_call") if takes => format!("0x1626ba7e{}", "0".repeat(56)),
            _ => format!("0x{}", "f".repeat(64)),
        };
        let status = if answers.load(Ordering::SeqCst) { 200 } else { 500 };
        let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": result });
        (StatusCode::from_u16(status).unwrap(), Json(answer))
    });
    tokio::spawn(axum::serve(listener, Router::new().route("/", answer)).into_future());
    url
}

/// A request that shows this to the contract; the draft's form, which any key can write.
fn shown(
    world: &World,
    signature: &[u8],
    (method, path): (&str, &str),
    body: &str,
) -> Request<Body> {
    let mut headers = HeaderMap::new();
    let mut components = vec!["@scheme", "@authority", "@method", "@path", "@query"];
    if !body.is_empty() {
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("content-digest", digest::header_value(body.as_bytes()).parse().unwrap());
        components.extend(["content-digest", "content-type"]);
    }
    let authority = "127.0.0.1:8701";
    let request = message::Request {
        method,
        scheme: "http",
        authority,
        path,
        query: None,
        headers: &headers,
    };
    let nonce: [u8; 16] = world.entropy.bytes();
    let signing = Signing {
        components: &components,
        created: Timestamp::from_seconds(world.now()),
        expires: Timestamp::from_seconds(world.now() + 60),
        nonce: &format!("{:032x}", u128::from_be_bytes(nonce)),
        keyid: ACCOUNT,
        label: "request",
    };
    let key = world.key(Algorithm::Eip191Secp256k1);
    let signed = sign_tagged(&request, &key, &signing, Some("erc8128")).unwrap();
    let field = format!("request=:{}:", STANDARD.encode(signature));
    headers.insert("signature-input", signed.signature_input.parse().unwrap());
    headers.insert("signature", field.parse().unwrap());
    let mut built = Request::builder().method(method).uri(path);
    built.headers_mut().unwrap().extend(headers);
    built.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_contract_enrolls_when_it_says_so_on_its_chain_and_not_while_nobody_answers() {
    let answers = Arc::new(AtomicBool::new(true));
    let nodes = [(1, node(Arc::clone(&answers)).await.parse().unwrap())].into();
    let sources = Sources { nodes, ..Sources::default() };
    let universal = |settings: &mut bailiwick_authority::Settings| {
        settings.wallets.accounts = Accounts::Universal;
    };
    let world = World::asking(sources, universal).await;
    let invite = json!({ "uses": 1, "ttl_seconds": 60, "scopes": ["tickets:read"] });
    let code = world.operate("POST", "/api/v1/invites", invite).await.ok(201);
    let body = json!({
        "inviteCode": code["invite_code"], "name": "treasury", "owner": "desk",
        "purpose": "pays", "walletAddress": ACCOUNT,
    });
    let (body, register) = (body.to_string(), ("POST", "/api/agents/register"));
    let forged = shown(&world, b"one of three owners agrees", register, &body);
    world.send(forged).await.refused(401, "signature_invalid");
    let elsewhere = body.replace("eip155:1:", "");
    let everywhere = shown(&world, SHOWN, register, &elsewhere);
    world.send(everywhere).await.refused(401, "credential_unknown");
    answers.store(false, Ordering::SeqCst);
    world.send(shown(&world, SHOWN, register, &body)).await.refused(503, "unavailable");
    answers.store(true, Ordering::SeqCst);
    world.send(shown(&world, SHOWN, register, &body)).await.ok(201);
    let me = ("GET", "/api/agents/me");
    let found = world.send(shown(&world, SHOWN, me, "")).await.ok(200);
    assert_eq!(found["name"], "treasury");
    world.send(shown(&world, b"one", me, "")).await.refused(401, "signature_invalid");
    answers.store(false, Ordering::SeqCst);
    world.send(shown(&world, SHOWN, me, "")).await.refused(503, "unavailable");
}
