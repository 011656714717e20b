//! The card of an agent: fetched from where it was said to be, taken from those whose keys are
//! known, and put in force.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::stand::{Ended, Stand, command, run, upstream};

const WELL_KNOWN: &str = "/.well-known/agent-card.json";

/// A server that answers with a card below its root, and counts whatever it is asked.
struct Agent {
    origin: String,
    asked: Arc<AtomicUsize>,
}

impl Agent {
    fn serve(answer: impl Fn(&str, &str) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (counted, own) = (Arc::clone(&asked), origin.clone());
        let answering = move |uri: Uri| {
            counted.fetch_add(1, Ordering::SeqCst);
            let answered = answer(&own, uri.path());
            async move { answered }
        };
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, Router::new().fallback(answering)).await.unwrap();
            });
        });
        Self { origin, asked }
    }

    /// One that has this text as its card.
    fn with(card: &str) -> Self {
        let card = card.to_owned();
        Self::serve(move |_, path| match path {
            WELL_KNOWN => json_of(card.clone()),
            _ => StatusCode::NOT_FOUND.into_response(),
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn json_of(text: String) -> Response {
    ([("content-type", "application/json")], text).into_response()
}

/// A case of `vectors/agent-card`: its card, and its keys.
fn case(name: &str) -> (String, String) {
    let path = format!("{}/../../vectors/agent-card/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let case: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
    (text("card"), text("keys"))
}

fn unsigned(change: impl FnOnce(&mut Value)) -> String {
    let mut card = serde_json::from_str(&case("unsigned").0).unwrap();
    change(&mut card);
    card.to_string()
}

fn import(directory: &Path, url: &str, more: &[&str]) -> Ended {
    let arguments = [&["api", "import", "--a2a", url, "-o", "a.card.json", "--json"], more];
    run(directory, &arguments.concat())
}

#[test]
fn a_card_is_written_down_as_it_is_if_one_of_the_keys_signs_it() {
    let directory = tempfile::tempdir().unwrap();
    let (card, keys) = case("es256");
    std::fs::write(directory.path().join("keys.json"), keys).unwrap();
    let agent = Agent::with(&card);
    let said = import(directory.path(), &agent.origin, &["--card-keys", "keys.json"]).done().json();
    assert_eq!((&said["kind"], &said["title"]), (&json!("a2a"), &json!("Route Planner")));
    assert_eq!(said["signed"], true);
    let names = said["operations"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|it| (it["path"].as_str().unwrap(), &it["scopes"])).collect();
    let scopes = json!(["routes:plan"]);
    assert_eq!(names, [("map", &scopes), ("route", &scopes)]);
    let written = directory.path().join("a.card.json");
    assert_eq!(std::fs::read_to_string(&written).unwrap(), card);
    let again = format!("{}{WELL_KNOWN}", agent.origin);
    import(directory.path(), &again, &["--card-keys", "keys.json"]).done();
    assert_eq!(agent.asked(), 2, "the card, and nothing else");
    let file = ["api", "import", "a.card.json", "--card-keys", "keys.json", "--json"];
    assert_eq!(run(directory.path(), &file).done().json(), said);
    run(directory.path(), &["api", "import", "a.card.json"]).failed(1, "card_keys");
    std::fs::write(&written, "precious").unwrap();
    import(directory.path(), &agent.origin, &["--card-keys", "keys.json"])
        .failed(1, "is not overwritten");
    assert_eq!(std::fs::read(&written).unwrap(), b"precious");
}

#[test]
fn a_card_of_nobody_who_was_named_is_not_taken_and_no_key_is_looked_for() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("keys.json"), case("es256").1).unwrap();
    let pointing = Agent::serve(|origin, path| {
        let header = json!({"alg": "ES256", "kid": "key-9", "jku": format!("{origin}/jwks.json"),
            "x5u": format!("{origin}/x5u.pem")});
        let protected = URL_SAFE_NO_PAD.encode(header.to_string());
        let signature = URL_SAFE_NO_PAD.encode([7; 64]);
        let signed = json!([{"protected": protected, "signature": signature, "header": header}]);
        let documentation = format!("{origin}/docs");
        match path {
            WELL_KNOWN => json_of(unsigned(|card| {
                card["signatures"] = signed;
                card["documentationUrl"] = json!(documentation);
            })),
            _ => json_of(json!({"keys": []}).to_string()),
        }
    });
    let keys = &["--card-keys", "keys.json"][..];
    import(directory.path(), &pointing.origin, keys).failed(1, "by a pinned key");
    import(directory.path(), &pointing.origin, &[]).failed(1, "card_keys");
    assert_eq!(pointing.asked(), 2, "the card each time, and nothing that it points to");
    for (name, said) in [
        ("changed-description", "not that of the pinned key"),
        ("unsigned", "is not signed"),
        ("member-twice", "named twice"),
    ] {
        import(directory.path(), &Agent::with(&case(name).0).origin, keys).failed(1, said);
    }
    assert!(!directory.path().join("a.card.json").exists());
    std::fs::write(directory.path().join("none.json"), r#"{"keys":[]}"#).unwrap();
    for file in ["none.json", "nowhere.json"] {
        import(directory.path(), &pointing.origin, &["--card-keys", file]).failed(2, file);
    }
}

#[test]
fn whatever_an_agent_answers_for_its_card_is_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |answer: fn() -> Response, said: &str| {
        let agent = Agent::serve(move |_, _| answer());
        import(directory.path(), &agent.origin, &[]).failed(1, said);
        assert_eq!(agent.asked(), 1);
    };
    refused(|| (StatusCode::FOUND, [("location", WELL_KNOWN)]).into_response(), "not followed");
    refused(|| json_of(" ".repeat((1 << 20) + 1)), "larger than");
    refused(|| "hello".into_response(), "media type");
    refused(|| StatusCode::UNAUTHORIZED.into_response(), "401");
    refused(|| json_of(r#"{"mcp": "2026-07-28", "tools": []}"#.to_owned()), "no card");
    refused(|| json_of("[]".to_owned()), "neither OpenAPI");
    assert!(!directory.path().join("a.card.json").exists());
    for (arguments, said) in [
        (&["--a2a", "ftp://127.0.0.1/"][..], "neither https nor http"),
        (&["--a2a", "http://127.0.0.1:1/?x=1"], "a query"),
        (&["--a2a", "agent"], "neither https nor http"),
        (&["--a2a", "http://127.0.0.1:1/", "--mcp", "http://127.0.0.1:1/"], "cannot be used with"),
        (&["a.json", "--a2a", "http://127.0.0.1:1/"], "cannot be used with"),
        (&["--mcp", "http://127.0.0.1:1/", "--card-keys", "a"], "cannot be used with"),
        (&["-o", "a.json"], "required"),
    ] {
        let arguments = [&["api", "import"], arguments].concat();
        run(directory.path(), &arguments).failed(2, said);
    }
}

#[test]
fn an_agent_that_nobody_vouches_for_does_not_say_who_may_call_it() {
    let directory = tempfile::tempdir().unwrap();
    let says = json!([{"uri": "urn:bailiwick:a2a:operations",
        "params": {"skills": {"map": {"scopes": []}}}}]);
    let card = unsigned(|card| card["capabilities"]["extensions"] = says);
    import(directory.path(), &Agent::with(&card).origin, &[]).failed(1, "[[api.operation]]");
    std::fs::write(directory.path().join("own.card.json"), card).unwrap();
    run(directory.path(), &["api", "import", "own.card.json"]).done();
    import(directory.path(), &Agent::with(&unsigned(|_| ())).origin, &[]).done();
}

const PLANNER: &str = r#"
[[api]]
name = "planner"
kind = "a2a"
prefix = "/planner"
upstream = "http://127.0.0.1:9"
resource = "https://planner.example/a2a"
card = "planner.card.json"
card_keys = "planner.jwks.json"

[[api.operation]]
skill = "map"
scopes = ["maps:draw"]

[[api.operation]]
method = "GetTask"
scopes = ["tasks:see"]
"#;

/// A case whose card has members of its own, and is signed.
const OWN: &str = "members-that-are-not-known";

/// What the gateway answers to who asks for the card.
fn told_by(gateway: &str) -> String {
    let mut stream = TcpStream::connect(gateway.trim_start_matches("http://")).unwrap();
    let fields = "host: gateway\r\nconnection: close\r\n\r\n";
    write!(stream, "GET /planner{WELL_KNOWN} HTTP/1.1\r\n{fields}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn another_card_waits_for_somebody_to_accept_it_and_has_to_be_signed_all_the_same() {
    let mut stand = Stand::prepare(upstream());
    let write = |file: &str, text: &str| std::fs::write(stand.path().join(file), text).unwrap();
    let (card, keys) = case("es256");
    write("planner.card.json", &card);
    write("planner.jwks.json", &keys);
    write("changed.card.json", &case("changed-description").0);
    write("own.card.json", &case(OWN).0);
    stand.configure(|text| {
        let text = text.replace("# issuer = ", "issuer = ");
        text.replace("# public_url = ", "public_url = ") + PLANNER
    });
    stand.start("authority");
    let shown = stand.run(&["api", "show", "planner", "--json"]).done().json();
    let operations = shown["operations"].as_array().unwrap().iter();
    let line = |it: &Value| format!("{} {} {}", it["method"], it["path"], it["scopes"]);
    let expected = [
        r#""SendMessage" "map" ["maps:draw"]"#,
        r#""GetTask" "" ["tasks:see"]"#,
        r#""SendMessage" "route" ["routes:plan"]"#,
    ];
    assert_eq!(operations.map(line).collect::<Vec<_>>(), expected);
    let diff = ["api", "diff", "planner", "own.card.json", "--json"];
    let diff = stand.run(&diff).done().json();
    assert_eq!(diff["changes"][0]["operation"], "the card");
    let changed = ["api", "diff", "planner", "changed.card.json"];
    stand.run(&changed).failed(1, "not that of the pinned key");
    let accept = |file| ["api", "accept", "planner", file, "--because", "read", "--json"];
    stand.run(&accept("changed.card.json")).failed(1, "not that of the pinned key");
    assert_eq!(stand.run(&accept("own.card.json")).done().json()["version"], 2);
    stand.start("gateway");
    let told = told_by(&stand.gateway);
    assert!(told.starts_with("HTTP/1.1 200") && told.ends_with(&case(OWN).0), "{told}");
    assert_eq!(stand.stop_last(), Some(0));

    // A key that is no longer pinned is noticed at the next start, of either half.
    let mut other: Value = serde_json::from_str(&keys).unwrap();
    other["keys"].as_array_mut().unwrap().remove(0);
    std::fs::write(stand.path().join("planner.jwks.json"), other.to_string()).unwrap();
    stand.start("gateway");
    let told = told_by(&stand.gateway);
    assert!(!told.starts_with("HTTP/1.1 200"), "{told}");
    assert_eq!(stand.stop(), [Some(0), Some(0)]);
    let serve = ["serve", "--role", "authority"];
    let ended = command(stand.path(), &serve).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && said.contains("by a pinned key"), "{said}");
}
