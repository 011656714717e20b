//! The changes of requests that are made by what others granted: the golden request with a token
//! of a grant that would pass, but for one thing.

use bailiwick_domain::details::{Detail, Details};
use bailiwick_domain::grant::{Budgets, Grant};
use bailiwick_domain::id::{AgentId, GrantId, PersonId, SessionId, TaskId, TokenId};
use bailiwick_domain::person::Standing;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{ACME, OPEN, World};

use crate::changes::{Change, Made, change, golden};

pub(crate) const GRANTED: &[Change] = &[
    change("revocation", "token_revoked", || {
        Box::pin(async {
            let world = World::begin().await;
            let token = world.token();
            world.revoke_token(&token).await;
            let ask = ask(&world, &token);
            (world, ask)
        })
    }),
    change("revocation", "delegation_revoked", || {
        granted(|_, grant| *grant = grant.clone().end("taken back", grant.created_at))
    }),
    change("revocation", "delegation_revoked", || {
        granted(|world, grant| grant.expires_at = world.hands.now())
    }),
    change("revocation", "delegation_revoked", || {
        granted(|_, grant| grant.session = Some(SessionId::from_bits(1)))
    }),
    change("revocation", "delegation_revoked", || {
        Box::pin(async {
            let world = World::begin().await;
            world.put_person(PersonId::from_bits(1), Standing::Blocked).await;
            with_grant(world, |_, _| {}, |_, _| {}).await
        })
    }),
    change("revocation", "delegation_revoked", || {
        Box::pin(async {
            let world = World::begin().await;
            let source = world.token();
            world.revoke_token(&source).await;
            let grant = Grant { token: Some(source.jti), ..world.grant(1) };
            world.put_grant(&grant).await;
            let ask = ask(&world, &world.token_of(&grant));
            (world, ask)
        })
    }),
    change("revocation", "delegation_revoked", || {
        Box::pin(async {
            let world = World::begin().await;
            let ended = world.grant(1).end("taken back", world.hands.now());
            world.put_grant(&ended).await;
            let below =
                Grant { id: GrantId::from_bits(2), parent: Some(ended.id), ..world.grant(2) };
            world.put_grant(&below).await;
            let ask = ask(&world, &world.token_of(&below));
            (world, ask)
        })
    }),
    change("revocation", "task_closed", || {
        granted(|_, grant| {
            grant.task = Some(TaskId::from_bits(1));
            *grant = grant.clone().end("done", grant.created_at);
        })
    }),
    change("revocation", "delegation_invalid", || {
        holding(|token| token.task = Some(TaskId::from_bits(1)))
    }),
    change("revocation", "delegation_invalid", || {
        Box::pin(async {
            let world = World::begin().await;
            let mut other = world.agent.clone();
            (other.id, other.name) = (AgentId::from_bits(2), "another".parse().unwrap());
            world.add_agent(&other).await;
            with_grant(world, |_, grant| grant.agent = AgentId::from_bits(2), |_, _| {}).await
        })
    }),
    change("revocation", "delegation_too_deep", || granted(|_, grant| grant.depth = 5)),
    change("audience", "delegation_invalid", || {
        Box::pin(async {
            let narrow =
                |_: &World, grant: &mut Grant| grant.extent.resources.retain(|it| it == OPEN);
            let widen = |_: &World, token: &mut AccessToken| token.aud = vec![ACME.to_owned()];
            with_grant(World::begin().await, narrow, widen).await
        })
    }),
    change("scope", "scope_missing", || {
        Box::pin(async {
            let narrow = |_: &World, grant: &mut Grant| {
                grant.extent.scopes = "tickets:read".parse().unwrap();
            };
            let widen = |world: &World, token: &mut AccessToken| {
                token.scope = world.agent.scopes.clone();
            };
            with_grant(World::begin().await, narrow, widen).await
        })
    }),
    change("scope", "delegation_invalid", || {
        holding(|token| token.authorization_details = reads())
    }),
    change("scope", "delegation_invalid", || {
        Box::pin(async {
            let narrow = |_: &World, grant: &mut Grant| grant.extent.details = reads();
            let widen = |_: &World, token: &mut AccessToken| {
                token.authorization_details = Details::default();
            };
            with_grant(World::begin().await, narrow, widen).await
        })
    }),
    change("budget", "budget_exhausted", || {
        Box::pin(async {
            let world = World::begin().await;
            let budgets = Budgets { writes: Some(1), ..Budgets::default() };
            let grant = Grant { budgets, ..world.grant(1) };
            world.put_grant(&grant).await;
            let token = world.token_of(&grant);
            assert_eq!(world.send(&ask(&world, &token)).await.verdict(), "200");
            let ask = ask(&world, &token);
            (world, ask)
        })
    }),
    change("budget", "budget_exhausted", || {
        granted(|world, grant| {
            grant.budgets.calls = Some(5);
            // Opened before this gateway began to count.
            grant.created_at = world.hands.now().plus_seconds(-1);
        })
    }),
];

/// That tickets are read, and nothing else.
fn reads() -> Details {
    Details::new([Detail::new(ACME, "GET", "/tickets/{id}", None).unwrap()]).unwrap()
}

fn ask(world: &World, token: &AccessToken) -> Ask {
    let ask = golden().header("authorization", &world.bearer(token)).digested();
    ask.signed(&world.proof())
}

/// The golden request by a token of a grant that was bent.
fn granted(bend: fn(&World, &mut Grant)) -> Made {
    Box::pin(async move { with_grant(World::begin().await, bend, |_, _| {}).await })
}

/// The golden request by a token, bent, of a good grant.
fn holding(bend: fn(&mut AccessToken)) -> Made {
    Box::pin(
        async move { with_grant(World::begin().await, |_, _| {}, |_, token| bend(token)).await },
    )
}

async fn with_grant(
    world: World,
    bend: impl FnOnce(&World, &mut Grant),
    then: impl FnOnce(&World, &mut AccessToken),
) -> (World, Ask) {
    let mut grant = world.grant(1);
    bend(&world, &mut grant);
    world.put_grant(&grant).await;
    let mut token = world.token_of(&grant);
    then(&world, &mut token);
    let ask = ask(&world, &token);
    (world, ask)
}

#[tokio::test]
async fn the_golden_request_passes_by_a_grant_and_binds_what_changes_below_it() {
    let world = World::begin().await;
    let root = world.grant(1);
    let task = Some(TaskId::from_bits(1));
    let mut leaf = Grant { id: GrantId::from_bits(2), parent: Some(root.id), task, ..root.clone() };
    leaf.token = Some(TokenId::from_bits(77));
    world.put_grant(&root).await;
    world.put_grant(&leaf).await;
    let token = world.token_of(&leaf);
    assert_eq!(world.send(&ask(&world, &token)).await.verdict(), "200");
    world.put_grant(&root.clone().end("taken back", world.hands.now())).await;
    assert_eq!(world.send(&ask(&world, &token)).await.verdict(), "403 delegation_revoked");
}
