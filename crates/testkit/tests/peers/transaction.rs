//! `Txn-Token`, checked by a library that others wrote, at the keys as the authority publishes
//! them.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::peer::Peer::Python;
use bailiwick_testkit::world::{ISSUER, World};
use serde_json::{Value, json};

async fn jwks(world: &World) -> Value {
    let mut tx = world.store.read().await.unwrap();
    let keys = tx.transaction_keys().list(world.hands.now()).await.unwrap();
    let keys = keys.iter().map(|key| {
        let mut jwk: Value = serde_json::from_str(&key.jwk).unwrap();
        (jwk["kid"], jwk["alg"]) = (key.id.clone().into(), "EdDSA".into());
        jwk
    });
    json!({ "keys": keys.collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_transaction_token_with_jwskate_of_pypi() {
    let world = World::begin().await;
    for target in ["/acme/tickets/7?full=yes", "/acme/tickets/8"] {
        let ask = Ask::new("GET", target).signed(&world.proof());
        assert_eq!(world.send(&ask).await.verdict(), "200");
    }
    let seen = world.upstream.seen();
    let [one, other] = [0, 1].map(|it| seen[it].headers["txn-token"].to_str().unwrap().to_owned());
    let part = |token: &str, place: usize| token.split('.').nth(place).unwrap().to_owned();
    let mixed = [part(&one, 0), part(&other, 1), part(&one, 2)].join(".");
    let access = world.token().sign(&world.issuer).unwrap();
    let mut told = json!({
        "jwks": jwks(&world).await,
        "issuer": ISSUER,
        "trust_domain": "acme.test",
        "target": seen[0].target,
        "now": world.hands.now().as_seconds(),
        "tokens": [one, other, mixed, access],
    });
    let said = Python("transaction").run(&told).await;
    assert_eq!(said, json!(["ok", "another request", "signature", "another kind of token"]));
    told["now"] = world.hands.now().plus_seconds(15).as_seconds().into();
    assert_eq!(Python("transaction").run(&told).await[0], "expired");
}
