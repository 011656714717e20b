//! What every way has in common: who is let through, as whom, and who is not.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, OPEN, World};

use crate::telling::{CALLER, KNOWING, Way, tell, verdict};

const TICKET: &str = "/acme/tickets/7";

fn forged(ask: Ask) -> Ask {
    ask.header("x-agent-scopes", "admin").header("x-agent-task", "tsk_1").header("txn-token", "x")
}

#[tokio::test]
async fn whoever_proves_itself_is_let_through_under_its_name_and_no_claim_of_its_own() {
    for way in KNOWING {
        let world = World::begin().await;
        let ask = forged(Ask::new("GET", TICKET)).signed(&world.proof());
        let said = tell(&world, way, &ask).await;
        assert_eq!((said.status, said.verdict.as_str()), (200, "200"), "{way:?}");
        assert_eq!(said.all("x-agent-id"), ["ticket-summarizer"], "{way:?}");
        assert_eq!(said.all("x-agent-scopes"), ["tickets:read tickets:write"], "{way:?}");
        assert!(said.all("x-agent-task").is_empty(), "{way:?}");
        assert!(said.all("signature").is_empty() && said.all("signature-input").is_empty());
        let token = said.all("txn-token");
        assert!(token.len() == 1 && token[0].len() > 100, "{way:?}: {token:?}");
        assert!(
            said.all("x-request-id")[0].starts_with("rec_") && said.all("traceparent").len() == 1
        );
        if matches!(way, Way::Http(_) | Way::Grpc(_)) {
            for name in ["x-agent-task", "signature", "signature-input"] {
                assert!(said.removed.iter().any(|it| it == name), "{name}: {said:?}");
            }
            assert!(!said.removed.iter().any(|it| it == "x-agent-id"), "{said:?}");
        }
        assert!(world.upstream.seen().is_empty(), "nothing passes through the gateway");
    }
}

#[tokio::test]
async fn the_record_says_beside_which_proxy_and_nothing_of_an_answer() {
    for (way, via) in KNOWING.into_iter().zip(["nginx", "forward_auth", "envoy", "envoy"]) {
        let world = World::begin().await;
        let ask = Ask::new("GET", TICKET).signed(&world.proof());
        assert_eq!(verdict(&world, way, &ask).await, "200");
        let written = world.written();
        assert!(written.contains(&format!(r#""via":"{via}""#)), "{written}");
        assert!(written.contains(r#""decision":{"outcome":"allowed""#), "{written}");
        assert!(!written.contains(r#""response""#), "{written}");
        assert!(written.contains(&format!(r#""address":"{CALLER}""#)), "{written}");
        assert_eq!(verdict(&world, way, &Ask::new("GET", TICKET)).await, "401 credential_missing");
        let refused = format!(r#""user_agent":"x","via":"{via}""#);
        let ask = Ask::new("GET", TICKET).header("user-agent", "x");
        assert_eq!(verdict(&world, way, &ask).await, "401 credential_missing");
        assert!(world.written().contains(&refused), "{}", world.written());
    }
    let world = World::begin().await;
    world.send(&Ask::new("GET", TICKET).signed(&world.proof())).await;
    assert!(!world.written().contains(r#""via""#));
}

#[tokio::test]
async fn whoever_does_not_is_refused_as_in_line() {
    for way in KNOWING {
        let world = World::begin().await;
        let get = || Ask::new("GET", TICKET);
        assert_eq!(verdict(&world, way, &get()).await, "401 credential_missing", "{way:?}");
        let once = get().signed(&world.proof());
        assert_eq!(verdict(&world, way, &once).await, "200", "{way:?}");
        assert_eq!(verdict(&world, way, &once).await, "401 nonce_replayed", "{way:?}");
        assert_eq!(world.send(&once).await.verdict(), "401 nonce_replayed", "{way:?}");
        let other = Ask { target: "/acme/tickets/8".to_owned(), ..get().signed(&world.proof()) };
        assert_eq!(verdict(&world, way, &other).await, "401 signature_invalid", "{way:?}");
        let other = Ask { method: "DELETE".to_owned(), ..get().signed(&world.proof()) };
        assert_eq!(verdict(&world, way, &other).await, "401 signature_invalid", "{way:?}");
        let other = Ask { host: "other.test".to_owned(), ..get().signed(&world.proof()) };
        assert_eq!(verdict(&world, way, &other).await, "401 signature_invalid", "{way:?}");
        let named = get().signed(&world.proof()).header("x-agent-id", "somebody-else");
        assert_eq!(verdict(&world, way, &named).await, "401 agent_mismatch", "{way:?}");
        let unknown = Ask::new("GET", "/acme/nowhere").signed(&world.proof());
        assert_eq!(verdict(&world, way, &unknown).await, "403 operation_unknown", "{way:?}");
        for target in ["/acme/tickets/%37", "/acme//tickets/7", "/acme/x/../tickets/7"] {
            let ask = Ask::new("GET", target).signed(&world.proof());
            assert_eq!(verdict(&world, way, &ask).await, "400 request_malformed", "{way:?}");
        }
        world.change_agent(|agent| agent.scopes = "tickets:write".parse().unwrap()).await;
        let ask = get().signed(&world.proof());
        assert_eq!(verdict(&world, way, &ask).await, "403 scope_missing", "{way:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_never_a_status_that_the_proxy_takes_for_a_yes() {
    for way in KNOWING {
        let world = World::begin().await;
        let ask = Ask::new("DELETE", "/acme/payouts/7").signed(&world.proof());
        let said = tell(&world, way, &ask).await;
        assert_eq!(said.verdict, "202 approval_pending", "{way:?}");
        let grpc = matches!(way, Way::Grpc(_));
        match way {
            Way::Nginx(_) | Way::Forward(_) => assert_eq!(said.status, 403),
            Way::Http(_) | Way::Grpc(_) => assert_eq!(said.status, 202),
        }
        let out_of_reach = Choices { fast: "redis://127.0.0.1:1".to_owned(), ..Choices::default() };
        let world = World::begin_with(out_of_reach).await;
        let said = tell(&world, way, &Ask::new("GET", TICKET).signed(&world.proof())).await;
        assert_eq!(said.verdict, "503 unavailable", "{way:?}");
        assert_eq!(said.status, if grpc { 503 } else { 403 }, "{way:?}");
        let said = tell(&world, way, &Ask::new("GET", TICKET)).await;
        assert_eq!((said.status, said.all("www-authenticate").len()), (401, 1), "{said:?}");
        assert_eq!(said.all("cache-control"), ["no-store"], "{way:?}");
        if let Way::Nginx(_) = way {
            let problem: serde_json::Value = serde_json::from_str(said.all("x-denial")[0]).unwrap();
            assert_eq!(problem["code"], "credential_missing");
        }
    }
}

#[tokio::test]
async fn the_networks_are_held_against_where_the_proxy_says_the_caller_is() {
    for way in KNOWING {
        let world = World::begin().await;
        let networks = |text: &str| vec![text.parse().unwrap()];
        let ask = || Ask::new("GET", TICKET).signed(&world.proof());
        world.change_agent(|agent| agent.networks = networks("203.0.113.0/24")).await;
        assert_eq!(verdict(&world, way, &ask()).await, "200", "{way:?}");
        world.change_agent(|agent| agent.networks = networks("127.0.0.0/8")).await;
        assert_eq!(verdict(&world, way, &ask()).await, "403 network_forbidden", "{way:?}");
    }
}

#[tokio::test]
async fn whoever_may_not_ask_gets_nothing() {
    let callers = vec!["10.0.0.0/8".parse().unwrap()];
    let world = World::begin_with(Choices { callers, ..Choices::default() }).await;
    let ask = Ask::new("GET", TICKET).signed(&world.proof());
    for way in [Way::Nginx("?body=none"), Way::Forward("?body=none"), Way::Http(true)] {
        assert_eq!(tell(&world, way, &ask).await.status, 0, "{way:?}");
    }
    assert!(world.written().is_empty());
    assert_eq!(world.send(&ask).await.verdict(), "200", "its own door is open");
}

#[tokio::test]
async fn an_api_that_is_only_observed_is_passed_to_without_a_name() {
    for way in KNOWING {
        let world = World::begin().await;
        let ask = forged(Ask::new("GET", "/trial/tickets/7"));
        let ask = ask.header("authorization", "Basic YTpi");
        let said = tell(&world, way, &ask).await;
        assert_eq!(said.verdict, "200", "{way:?}");
        assert!(said.all("x-agent-id").is_empty() && said.all("x-agent-scopes").is_empty());
        assert!(said.all("txn-token").is_empty(), "{way:?}");
        match way {
            // What is replaced is told as it is to be.
            Way::Nginx(_) | Way::Forward(_) => {
                assert_eq!(said.all("authorization"), ["Basic YTpi"]);
            }
            Way::Http(_) | Way::Grpc(_) => {
                assert!(said.removed.iter().any(|name| name == "x-agent-scopes"), "{said:?}");
                assert!(!said.removed.iter().any(|name| name == "authorization"), "{said:?}");
            }
        }
        assert!(world.written().contains(r#""would_be":{"code":"credential_unknown""#));
        let signed = Ask::new("GET", "/trial/tickets/7").signed(&world.proof());
        assert_eq!(tell(&world, way, &signed).await.all("x-agent-id"), ["ticket-summarizer"]);
    }
}

#[tokio::test]
async fn a_bearer_token_goes_no_further() {
    for way in KNOWING {
        let world = World::begin().await;
        let mut token = world.token();
        (token.cnf, token.aud) = (None, vec![OPEN.to_owned()]);
        let ask = Ask::new("GET", "/open/tickets/7").header("authorization", &world.bearer(&token));
        let said = tell(&world, way, &ask).await;
        assert_eq!(said.verdict, "200", "{way:?}");
        assert!(said.all("authorization").is_empty(), "{way:?}");
        if matches!(way, Way::Http(_) | Way::Grpc(_)) {
            assert!(said.removed.iter().any(|name| name == "authorization"), "{said:?}");
        }
    }
}
