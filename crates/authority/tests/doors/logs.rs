//! What the log says, and what it never says.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bailiwick_domain::credential::Algorithm;
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::World;

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Keeps everything that this thread logs.
    fn keep(&self) -> DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .json()
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

#[tokio::test]
async fn a_request_is_one_line_and_no_secret_is_ever_in_it() {
    let log = Log::default();
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let guard = log.keep();

    let invite = world.operate("POST", "/api/v1/invites", json!({})).await.ok(201);
    let path = "/api/v1/agents/a/credentials";
    let secret = world.operate("POST", path, json!({ "kind": "hmac" })).await.ok(201);
    let key = world.key(Algorithm::Ed25519);
    let jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    let code = invite["invite_code"].as_str().unwrap();
    let body = json!({
        "inviteCode": code, "name": "b", "owner": "o", "purpose": "", "jwk": jwk,
    });
    let draft = world.draft("POST", "/api/agents/register", key.thumbprint());
    let draft = draft.with_body("application/json", &body.to_string());
    world.send(draft.sign(&key)).await.ok(201);
    world.send(draft.sign(&key)).await.refused(401, "nonce_replayed");
    let form = "grant_type=client_credentials&client_secret=hunter2";
    let draft = world.draft("POST", "/oauth/token", &agent.key_id);
    let refused = draft.with_body("application/x-www-form-urlencoded", form);
    world.send(refused.sign(&agent.key)).await.refused(400, "invalid_request");
    let draft = world.draft("POST", "/oauth/token", &agent.key_id);
    let granted =
        draft.with_body("application/x-www-form-urlencoded", "grant_type=client_credentials");
    let token = world.send(granted.sign(&agent.key)).await.ok(200);
    drop(guard);

    let text = log.text();
    let answered: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["fields"]["message"] == "answered")
        .collect();
    assert_eq!(answered.len(), 6);
    assert_eq!(answered[3]["fields"]["code"], "nonce_replayed");
    assert_eq!(answered[3]["fields"]["endpoint"], "/api/agents/register");
    assert!(answered.iter().all(|line| line["span"]["request_id"].is_string()));
    let token = token["access_token"].as_str().unwrap();
    for secret in [&world.operator, code, secret["secret"].as_str().unwrap(), token, "hunter2"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_log_says_whose_name_and_whose_key_an_applicant_wanted() {
    let log = Log::default();
    let world = World::new().await;
    let (a, b) = (world.enroll("billing").await, world.enroll("b").await);
    let open = json!({ "registration": "open" });
    world.operate("PATCH", "/api/v1/projects/default", open).await.ok(200);
    let jwk: Value = serde_json::from_str(&b.key.public().unwrap().to_jwk()).unwrap();
    let body = json!({
        "projectId": "default", "name": "bi11ing", "owner": "o", "purpose": "", "jwk": jwk,
    });
    let draft = world.draft("POST", "/api/agents/request-access", b.key.thumbprint());
    let draft = draft.with_body("application/json", &body.to_string());
    let guard = log.keep();
    world.send(draft.sign(&b.key)).await.refused(409, "identity_taken");
    drop(guard);
    let text = log.text();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let warned = lines.find(|line| line["level"] == "WARN").unwrap();
    let fields = &warned["fields"];
    assert_eq!(fields["name_of"], format!("{} default/billing active", a.id));
    assert_eq!(fields["key_of"], format!("{} default/b active", b.id));
    assert_eq!((&fields["name"], &fields["reserved"]), (&json!("bi11ing"), &json!(false)));
    assert!(warned["span"]["request_id"].is_string());
}
