//! A person's consent, from the client and back to it, in a browser without script.

use bailiwick_cli::config;
use bailiwick_cli::wire::{self, Role, Running, Sources};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Clock;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::peer::Peer;
use bailiwick_testkit::provider::{CLIENT, Provider};
use bailiwick_testkit::sources::{Hands, entropy};
use bailiwick_testkit::upstream::Upstream;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::{CHROMIUM, SHOTS};

fn configuration(provider: &Provider, upstream: &Upstream) -> String {
    let operation = |method: &str, path: &str, scope: &str| {
        format!(
            "[[api.operation]]\nmethod = \"{method}\"\npath = \"{path}\"\n\
             scopes = [\"{scope}\"]\n"
        )
    };
    format!(
        "trust_domain = \"acme.example\"\n\
         [authority]\nlisten = \"127.0.0.1:0\"\n[gateway]\nlisten = \"127.0.0.1:0\"\n\
         [outbound]\nnetworks = [\"127.0.0.0/8\"]\nallow_http = true\n\
         [[authority.sign_in]]\nname = \"acme\"\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\n\
         allow = [\"*@acme.example\"]\n\
         [[api]]\nname = \"desk\"\nprefix = \"/desk\"\nupstream = \"http://{}\"\n\
         proof = \"bearer\"\n{}{}",
        provider.issuer(),
        upstream.address,
        operation("GET", "/tickets/{id}", "tickets:read"),
        operation("POST", "/refunds", "refunds:write")
            + &operation("POST", "/payouts", "payouts:write")
            + "approval = \"always\"\n",
    )
}

/// An installation with a desk behind it and a provider at which people sign in, and what a browser
/// is told of it.
pub(crate) struct Desk {
    pub(crate) told: Value,
    pub(crate) running: Running,
    _directory: TempDir,
}

impl Desk {
    pub(crate) async fn begin() -> Self {
        let clock: Clock = Hands::running().clock();
        let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(8)).unwrap();
        let provider = Provider::start(key, clock.clone()).await;
        let directory = tempfile::tempdir().unwrap();
        let text = configuration(&provider, &Upstream::start().await);
        let settings = config::parse(&text, directory.path()).unwrap().settings;
        let sources =
            Sources { clock, entropy: entropy(9), node: "test".to_owned(), variable: |_| None };
        let made = wire::install(&settings, &sources).await.unwrap();
        let running = wire::start(settings, Role::All, sources).await.unwrap();
        std::fs::create_dir_all(SHOTS).unwrap();
        let told = json!({
            "issuer": running.issuer().unwrap(),
            "operator": made.token.as_str(),
            "api": format!("http://{}/desk", running.gateway_addr().unwrap()),
            "chromium": CHROMIUM,
            "shots": SHOTS,
        });
        Self { told, running, _directory: directory }
    }
}

#[tokio::test]
async fn a_person_lets_an_agent_act_sees_what_it_did_and_takes_it_back_without_any_script() {
    let desk = Desk::begin().await;
    let said = Peer::JavaScript("browser_consent").run(&desk.told).await;
    assert_eq!(
        said,
        json!({
            "turned_to": "/sign-in",
            "question": "Let desk-helper act for you?",
            "offered": ["refunds:write", "tickets:read"],
            "came_back_to": "Done",
            "to_the_client": true,
            "own_answer": true,
            "issuer": true,
            "scope": "tickets:read offline_access",
            "granted": "200",
            "taken_out": "403 scope_missing",
            "seen": ["desk-helper"],
            "done": ["GET /tickets/{id}", "POST /refunds"],
            "outcomes": ["allowed", "denied: scope_missing"],
            "ended": "the person took it back",
            "afterwards": "403 delegation_revoked",
            "renewed": "invalid_grant",
            "complaints": [],
        })
    );
    desk.running.stop().await;
}
