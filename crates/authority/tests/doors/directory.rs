//! The authority's own directory of keys, and the proof that comes with it.

use bailiwick_proof::digest;
use bailiwick_proof::keys::{PublicKey, Verifier};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::world::World;

#[tokio::test]
async fn the_directory_comes_with_a_proof_by_the_key_that_it_lists() {
    let world = World::new().await;
    let answer = world.get("/.well-known/http-message-signatures-directory").await;
    assert_eq!(answer.status.as_u16(), 200);
    let field = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(field("content-type"), "application/http-message-signatures-directory+json");
    assert_eq!(field("content-digest"), digest::header_value(&answer.body));
    let listed = &answer.json()["keys"][0];
    assert_eq!(listed, &world.jwks["keys"][0]);
    let (kid, now) = (listed["kid"].as_str().unwrap(), world.now());
    let input = format!(
        "(\"@authority\";req \"content-digest\");created={now};expires={};keyid=\"{kid}\"\
         ;tag=\"http-message-signatures-directory\"",
        now + 3_600,
    );
    assert_eq!(field("signature-input"), format!("binding={input}"));
    let base = |host: &str| {
        let digest = field("content-digest");
        let covered = format!("\"@authority\";req: {host}\n\"content-digest\": {digest}\n");
        format!("{covered}\"@signature-params\": {input}")
    };
    let key = Verifier::Public(PublicKey::from_jwk(&listed.to_string()).unwrap());
    let signature = field("signature");
    let signature = signature.strip_prefix("binding=:").unwrap().strip_suffix(':').unwrap();
    let signature = STANDARD.decode(signature).unwrap();
    assert!(key.verify(base("127.0.0.1:8701").as_bytes(), &signature).is_ok());
    assert!(key.verify(base("elsewhere.test").as_bytes(), &signature).is_err());
}
