//! Other issuers' tokens: who used one first is remembered.

use bailiwick_domain::id::AgentId;
use bailiwick_store::assertions::Assertion;

use crate::place::on_both;
use crate::samples::at;

#[tokio::test]
async fn who_used_an_assertion_first_is_remembered() {
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
        for (issuer, agent, before) in [
            ("https://a", 1, None),
            ("https://a", 1, Some(1)),
            ("https://a", 2, Some(1)),
            ("https://b", 2, None),
        ] {
            let found = assertions.spend(&used(issuer, agent)).await.unwrap();
            assert_eq!(found, before.map(AgentId::from_bits), "{issuer} {agent}");
        }
    })
    .await;
}
