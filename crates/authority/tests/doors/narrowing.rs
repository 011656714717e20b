//! Along any sequence of exchanges and tasks authority only narrows, and what ends takes everything
//! below it along.

use bailiwick_domain::entropy::Entropy;
use serde_json::{Value, json};

use crate::delegation::{call, claims, exchange, is_active, own, signed, token_of, watcher};
use crate::world::{Enrolled, World};

/// A token that was handed out, and the place of the one it came from.
struct Node {
    token: String,
    agent: usize,
    from: Option<usize>,
}

/// Draws numbers below a bound.
struct Dice(Entropy);

impl Dice {
    fn below(&self, bound: usize) -> usize {
        let [drawn]: [u8; 1] = self.0.bytes();
        usize::from(drawn) % bound
    }
}

fn scopes(token: &str) -> Vec<String> {
    let claims = claims(token);
    claims["scope"].as_str().unwrap().split(' ').map(str::to_owned).collect()
}

fn audience(token: &str) -> Vec<String> {
    match &claims(token)["aud"] {
        Value::String(one) => vec![one.clone()],
        several => {
            several.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
        }
    }
}

fn check_within(inner: &str, outer: &str) {
    assert!(scopes(inner).iter().all(|it| scopes(outer).contains(it)));
    assert!(audience(inner).iter().all(|it| audience(outer).contains(it)));
    assert!(claims(inner)["exp"].as_i64() <= claims(outer)["exp"].as_i64());
}

async fn grow(world: &World, agents: &[Enrolled], dice: &Dice) -> Vec<Node> {
    let first = own(world, &agents[0], "").await;
    let mut nodes = vec![Node { token: first, agent: 0, from: None }];
    for _ in 0..24 {
        let from = dice.below(nodes.len());
        let agent = dice.below(agents.len());
        let token = if dice.below(3) == 0 {
            let agent = &agents[nodes[from].agent];
            let scopes = [json!([]), json!(["tickets:read"])][dice.below(2)].clone();
            let body = json!({
                "purpose": "x", "scopes": scopes, "subject_token": nodes[from].token,
            });
            let answer = call(world, agent, ("POST", "/api/agents/tasks"), &body).await;
            if answer.status != 201 {
                continue;
            }
            let token = answer.json()["access_token"].as_str().unwrap().to_owned();
            nodes.push(Node { token, agent: nodes[from].agent, from: Some(from) });
            continue;
        } else {
            let asked = ["", "scope=tickets:read", "audience=refunds", "ttl_seconds=500"];
            let asked = asked[dice.below(asked.len())];
            let answer = exchange(world, &agents[agent], &nodes[from].token, asked).await;
            if answer.status != 200 {
                continue;
            }
            token_of(answer)
        };
        nodes.push(Node { token, agent, from: Some(from) });
    }
    nodes
}

fn hangs_on(nodes: &[Node], mut place: usize, above: usize) -> bool {
    while place != above {
        match nodes[place].from {
            Some(from) => place = from,
            None => return false,
        }
    }
    true
}

/// Ends the token itself, its task if it is for one, or the grant that it was issued out of.
async fn end(world: &World, agents: &[Enrolled], node: &Node, dice: &Dice) {
    let said = claims(&node.token);
    let agent = &agents[node.agent];
    if let (Some(grant), 0) = (said["grant"].as_str(), dice.below(2)) {
        let path = format!("/api/v1/grants/{grant}");
        world.operate("DELETE", &path, Value::Null).await.ok(200);
    } else {
        let asked = signed(world, agent, "/oauth/revoke", &format!("token={}", node.token));
        assert_eq!(world.send(asked).await.status, 200);
    }
}

#[tokio::test]
async fn authority_only_narrows_and_ends_with_whatever_it_hangs_on() {
    for seed in 0..6 {
        let world = World::new().await;
        for _ in 0..seed {
            let _: [u8; 32] = world.entropy.bytes();
        }
        let dice = Dice(world.entropy.clone());
        let watcher = watcher(&world).await;
        let agents = [world.enroll("a").await, world.enroll("b").await, world.enroll("c").await];
        let nodes = grow(&world, &agents, &dice).await;
        assert!(nodes.len() > 8, "{}", nodes.len());
        for node in &nodes {
            if let Some(from) = node.from {
                check_within(&node.token, &nodes[from].token);
            }
            assert!(is_active(&world, &watcher, &node.token).await);
        }
        let ended = dice.below(nodes.len());
        end(&world, &agents, &nodes[ended], &dice).await;
        for (place, node) in nodes.iter().enumerate() {
            let active = is_active(&world, &watcher, &node.token).await;
            assert_eq!(active, !hangs_on(&nodes, place, ended), "{seed}: {place} of {ended}");
        }
    }
}
