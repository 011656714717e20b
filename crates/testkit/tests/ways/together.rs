//! Two ways of identifying that do not belong together are refused, whichever two they are.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;

#[tokio::test]
async fn no_two_ways_of_identifying_go_together() {
    let world = World::begin().await;
    let ask = || Ask::new("GET", "/open/tickets/7");
    let webhook = format!("t=1,n=nonce-of-this-test,v1={}", "0".repeat(64));
    let bearer = world.bearer(&world.token());
    let signed_and_webhook = ask().signed(&world.proof()).header("x-signature", &webhook);
    let bearer_and_webhook = ask().header("authorization", &bearer).header("x-signature", &webhook);
    let bearer_and_dpop = ask().header("authorization", &bearer).header("dpop", "a.b.c");
    let dpop = bearer.replacen("Bearer", "DPoP", 1);
    let dpop_and_signed = ask().header("authorization", &dpop).header("dpop", "a.b.c");
    let dpop_and_signed = dpop_and_signed.signed(&world.proof());
    let dpop_alone = ask().header("dpop", "a.b.c");
    for ask in
        [signed_and_webhook, bearer_and_webhook, bearer_and_dpop, dpop_and_signed, dpop_alone]
    {
        let verdict = world.send(&ask).await.verdict();
        assert_eq!(verdict, "400 credential_conflict", "{:?}", ask.headers);
    }
}
