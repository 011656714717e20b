//! The authority's own keys, over restarts.

use bailiwick_authority::{Keys, Making};
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_vault::seal::Sealer;

use crate::world::World;

#[tokio::test]
async fn keys_are_made_once_and_open_only_with_the_installation_s_key() {
    let world = World::new().await;
    let clock = Clock::new(|| Timestamp::from_seconds(7));
    let open = async |key: [u8; 32]| {
        let sealer = Sealer::new(key).unwrap();
        let making = Making { sealer: &sealer, clock: &clock, entropy: &world.entropy };
        Keys::open(&world.store, making).await
    };
    let again = open([7; 32]).await.unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&again.jwks()).unwrap(), world.jwks);
    let signer = again.ledger("acme.example/ledger").unwrap();
    assert_eq!(*signer.verifier(), world.ledger_key);
    assert!(again.ledger("not a name").is_err());
    assert!(open([8; 32]).await.is_err());
    assert!(!format!("{again:?}").contains("\"d\""));
}
