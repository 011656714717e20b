//! Other issuers' tokens: who used one is remembered for as long as it could be used again.

use bailiwick_domain::id::AgentId;
use bailiwick_store::assertions::Assertion;

use crate::place::on_both;
use crate::samples::at;

#[tokio::test]
async fn who_used_an_assertion_first_is_remembered_until_it_expires() {
    on_both(async |place| {
        let store = place.open().await;
        let used = |issuer: &str, agent| Assertion {
            issuer: issuer.into(),
            jti: "1".into(),
            agent: AgentId::from_bits(agent),
            expires_at: at(10),
        };
        let mut tx = store.begin().await.unwrap();
        let mut assertions = tx.assertions();
        for (issuer, agent, now, before) in [
            ("https://a", 1, 1, None),
            ("https://a", 1, 2, Some(1)),
            ("https://a", 2, 9, Some(1)),
            ("https://b", 2, 9, None),
            ("https://a", 2, 10, None),
        ] {
            let found = assertions.spend(&used(issuer, agent), at(now)).await.unwrap();
            assert_eq!(found, before.map(AgentId::from_bits), "{issuer} {agent} {now}");
        }
    })
    .await;
}
