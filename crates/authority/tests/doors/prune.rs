//! What is over is forgotten, a while later, and what was refused stays refused.

use bailiwick_authority::Pruner;
use bailiwick_store::Store;
use serde_json::Value;

use crate::consent::flow::{Browser, Client};
use crate::delegation::{exchange, is_active, own, signed, token_of};
use crate::world::{Enrolled, World};

const DAY: i64 = 86_400;

async fn prune(world: &World) -> u64 {
    Pruner::new(world.authority.clone()).turn().await
}

/// How many grants, refresh tokens, sign-ins and tokens there are.
async fn counts(store: &Store) -> [i64; 6] {
    let mut tx = store.read().await.unwrap();
    let sql = "SELECT (SELECT COUNT(*) FROM grants) AS a, (SELECT COUNT(*) FROM codes) AS b, \
               (SELECT COUNT(*) FROM refresh_tokens) AS c, (SELECT COUNT(*) FROM sessions) AS d, \
               (SELECT COUNT(*) FROM issued_tokens) AS e, \
               (SELECT COUNT(*) FROM revoked_tokens) AS f";
    let row = tx.fetch_first(sql, []).await.unwrap().unwrap();
    ["a", "b", "c", "d", "e", "f"].map(|name| row.int(name).unwrap())
}

async fn revoke(world: &World, agent: &Enrolled, token: &str) {
    let request = signed(world, agent, "/oauth/revoke", &format!("token={token}"));
    assert_eq!(world.send(request).await.status.as_u16(), 200);
}

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_over_is_shown_for_a_month_and_then_forgotten() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let tokens = client.offline(&world, &browser).await;
    client.refresh(&world, &text(&tokens, "refresh_token")).await.ok(200);
    let there = [1, 1, 2, 1, 2, 0];
    assert_eq!((prune(&world).await, counts(&world.store).await), (0, there));
    // The person chose an hour.
    world.pass(DAY);
    assert_eq!((prune(&world).await, counts(&world.store).await), (0, there));
    world.pass(DAY + 3_600);
    prune(&world).await;
    assert_eq!(counts(&world.store).await, [1, 0, 0, 1, 0, 0]);
    let visitor = Browser::sign_in(&world, "zoe").await;
    let page = visitor.get(&world, "/me/grants").await;
    assert!(String::from_utf8_lossy(&page.body).contains("its time is over"));
    world.pass(30 * DAY);
    prune(&world).await;
    assert_eq!(counts(&world.store).await, [0, 0, 0, 1, 0, 0]);
    let visitor = Browser::sign_in(&world, "zoe").await;
    let page = visitor.get(&world, "/me/grants").await;
    assert!(!String::from_utf8_lossy(&page.body).contains("its time is over"));
}

#[tokio::test]
async fn what_was_refused_stays_refused_when_it_is_forgotten() {
    let world = World::new().await;
    let client = Client::confidential(&world, "a").await;
    let (b, c) = (world.enroll("b").await, world.enroll("c").await);
    let browser = Browser::sign_in(&world, "zoe").await;
    let code = client.code(&world, &browser).await;
    client.redeem(&world, &code).await.ok(200);
    let renewed = client.offline(&world, &browser).await;
    let own = own(&world, &b, "").await;
    let handed_on = token_of(exchange(&world, &c, &own, "").await);
    revoke(&world, &b, &own).await;
    for passed in [0, 3_600, DAY, DAY, 31 * DAY] {
        world.pass(passed);
        prune(&world).await;
        assert!(!is_active(&world, &b, &own).await && !is_active(&world, &c, &handed_on).await);
        exchange(&world, &c, &own, "").await.refused(400, "invalid_grant");
        client.redeem(&world, &code).await.refused(400, "invalid_grant");
        if passed > 0 {
            let token = text(&renewed, "refresh_token");
            client.refresh(&world, &token).await.refused(400, "invalid_grant");
        }
    }
    let gone = counts(&world.store).await;
    assert_eq!(gone, [0, 0, 0, 0, 0, 0]);
    let answer = browser.get(&world, "/me/grants").await;
    assert_eq!(answer.headers["location"], "/sign-in?return_to=%2Fme%2Fgrants");
}

/// A token that was taken back is remembered for longer than it could be shown anywhere.
#[tokio::test]
async fn a_token_taken_back_is_remembered_beyond_its_end() {
    let world = World::new().await;
    let a = world.enroll("a").await;
    let token = own(&world, &a, "ttl_seconds=86400").await;
    revoke(&world, &a, &token).await;
    for (passed, left) in [(DAY - 1, 1), (DAY, 1), (1, 0)] {
        world.pass(passed);
        prune(&world).await;
        assert_eq!(counts(&world.store).await[5], left, "{passed}");
    }
}
