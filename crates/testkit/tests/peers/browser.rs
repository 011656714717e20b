//! The pages that people see, in a browser.

use bailiwick_cli::config;
use bailiwick_cli::wire::{self, Role, Sources};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Clock;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::peer::Peer;
use bailiwick_testkit::provider::{CLIENT, Provider};
use bailiwick_testkit::sources::{Hands, entropy};
use serde_json::json;

/// Where Debian puts it.
pub(crate) const CHROMIUM: &str = "/usr/bin/chromium";
/// Where pictures of the pages are left, for people to look at.
pub(crate) const SHOTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/pages");

fn configuration(provider: &Provider) -> String {
    format!(
        "trust_domain = \"acme.example\"\n\
         [authority]\nlisten = \"127.0.0.1:0\"\n\
         [gateway]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://gateway.test\"\n\
         [outbound]\nnetworks = [\"127.0.0.0/8\"]\nallow_http = true\n\
         [[authority.sign_in]]\nname = \"acme\"\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\n\
         allow = [\"*@acme.example\"]\n",
        provider.issuer()
    )
}

#[tokio::test]
async fn people_come_in_sign_out_and_sign_in_again_and_no_injected_script_runs() {
    let clock: Clock = Hands::running().clock();
    let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &entropy(8)).unwrap();
    let provider = Provider::start(key, clock.clone()).await;
    let directory = tempfile::tempdir().unwrap();
    let text = configuration(&provider);
    let settings = config::parse(&text, directory.path()).unwrap().settings;
    let sources =
        Sources { clock, entropy: entropy(9), node: "test".to_owned(), variable: |_| None };
    let made = wire::install(&settings, &sources).await.unwrap();
    let running = wire::start(settings, Role::Authority, sources).await.unwrap();
    let address = running.authority_addr().unwrap();
    let port = format!("//localhost:{}/", address.port());
    let welcome = made.welcome.unwrap().replace("//localhost:0/", &port);
    std::fs::create_dir_all(SHOTS).unwrap();
    let told = json!({
        "welcome": welcome, "issuer": running.issuer().unwrap(), "chromium": CHROMIUM,
        "shots": SHOTS,
    });
    let said = Peer::JavaScript("browser").run(&told).await;
    assert_eq!(
        said,
        json!({
            "came_in_as": "Ada <i>Lovelace</i>",
            "complaints": [],
            "injected": false,
            "stopped": true,
            "signed_out_to": "/sign-in",
            "turned_to": "/sign-in",
            "signed_in_as": "Ada <i>Lovelace</i>",
            "link_again": "The link cannot be used.",
            "from_provider": "Grace Hopper",
            "provider_signed_out_to": "/sign-in",
        })
    );
    running.stop().await;
}
