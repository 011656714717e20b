//! Clients and an agent of A2A that others published, unchanged: through the gateway they do what
//! they do without it, as far as their agent may.

use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_testkit::peer::Peer::{self, JavaScript, Python};
use bailiwick_testkit::peer::Serving;
use bailiwick_testkit::sources::Hands;
use bailiwick_testkit::world::{Choices, World};
use serde_json::{Value, json};

const BINDINGS: [&str; 2] = ["JSONRPC", "HTTP+JSON"];
const RESOURCE: &str = "http://gateway.test/agent";

/// An agent, and a world whose gateway it is behind, its card accepted as it tells it.
struct Behind {
    world: World,
    agent: Serving,
}

impl Behind {
    async fn start() -> Self {
        let agent = Python("a2a_agent").serve().await;
        let a2a = Some(agent.url.clone());
        let choices = Choices { hands: Hands::running(), a2a, ..Choices::default() };
        let world = World::begin_with(choices).await;
        let card = Python("a2a_card").run(&json!({"url": agent.url})).await;
        world.describe("agent", &card, true).await;
        Self { world, agent }
    }

    /// What a client does through the gateway whose agent holds these scopes.
    async fn through(&self, client: Peer, scopes: &str, told: Value) -> Value {
        let scope: ScopeSet = scopes.parse().unwrap();
        self.world.change_agent(|agent| agent.scopes = scope.clone()).await;
        let aud = vec![RESOURCE.to_owned()];
        let token = AccessToken { cnf: None, aud, scope, ..self.world.token() };
        let mut told = told;
        told["url"] = format!("{RESOURCE}/").into();
        told["name"] = "gateway.test".into();
        told["address"] = format!("http://{}", self.world.gateway.address()).into();
        told["headers"] = json!({"authorization": self.world.bearer(&token)});
        client.run(&told).await
    }

    async fn directly(&self, client: Peer, mut told: Value) -> Value {
        told["url"] = self.agent.url.as_str().into();
        told["headers"] = json!({});
        client.run(&told).await
    }
}

#[tokio::test]
async fn the_sdk_of_pypi_does_through_the_gateway_what_it_does_without() {
    let behind = Behind::start().await;
    let client = Python("a2a_client");
    for binding in BINDINGS {
        let told = |skill: Option<&str>| json!({"binding": binding, "skill": skill});
        let directly = behind.directly(client, told(Some("echo"))).await;
        let through = behind.through(client, "skills.echo:call", told(Some("echo"))).await;
        assert_eq!(directly["sent"], through["sent"], "{binding}");
        assert_eq!(through["sent"]["said"], "echo: a word");
        assert_eq!((&through["found"], &through["card"]), (&json!(3), &json!(["echo", "shout"])));
        let other = behind.through(client, "skills.shout:call", told(Some("echo"))).await;
        assert!(other["sent"]["refused"].is_string(), "{other}");
        let unnamed =
            behind.through(client, "skills.echo:call skills.shout:call", told(None)).await;
        assert_eq!(unnamed["sent"]["said"], "none: a word", "{unnamed}");
        let narrow = behind.through(client, "skills.echo:call", told(None)).await;
        assert!(narrow["sent"]["refused"].is_string(), "{narrow}");
    }
}

#[tokio::test]
async fn the_sdk_of_npm_does_through_the_gateway_what_it_does_without() {
    let behind = Behind::start().await;
    let client = JavaScript("a2a_client");
    for binding in BINDINGS {
        let told = || json!({"binding": binding, "skill": "echo"});
        let directly = behind.directly(client, told()).await;
        let through = behind.through(client, "skills.echo:call", told()).await;
        assert_eq!(directly, through, "{binding}");
        assert_eq!(through["sent"]["said"], "echo: a word");
        assert_eq!(through["streamed"].as_array().unwrap().len(), 3);
        let other = behind.through(client, "skills.shout:call", told()).await;
        assert!(other["sent"]["refused"].is_string(), "{other}");
        assert!(other["streamed"]["refused"].is_string(), "{other}");
    }
}
