//! Issued tokens: each has a place of its own, which says when what it hangs on has ended.

use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::{AgentId, GrantId, KeyId, TokenId};
use bailiwick_store::Store;
use bailiwick_store::issued_tokens::{IssuedToken, PLACES};
use bailiwick_store::revoked_tokens::RevokedToken;

use crate::grants::{grant, with_grants};
use crate::place::on_both;
use crate::samples::{agent, at};

fn token(id: u128) -> IssuedToken {
    IssuedToken {
        id: TokenId::from_bits(id),
        agent: AgentId::from_bits(1),
        key: None,
        under: None,
        expires_at: at(1_000),
    }
}

/// Tokens at the places 0, 1, 2, …
async fn issue(store: &Store, tokens: &[IssuedToken]) {
    let mut tx = store.begin().await.unwrap();
    for (place, token) in (0..).zip(tokens) {
        let placed = tx.issued_tokens().insert(token, || place).await.unwrap();
        assert_eq!((placed.list, placed.place), (1, place));
    }
    tx.save().await.unwrap();
}

async fn ended(store: &Store) -> Vec<u32> {
    store.read().await.unwrap().issued_tokens().ended(1, at(10)).await.unwrap()
}

#[tokio::test]
async fn a_place_that_is_taken_is_not_given_twice() {
    on_both(async |place| {
        let store = with_grants(place, &[]).await;
        issue(&store, &[token(1)]).await;
        let mut tx = store.begin().await.unwrap();
        let mut drawn = [0, 0, 7].into_iter();
        let placed = tx.issued_tokens().insert(&token(2), || drawn.next().unwrap()).await.unwrap();
        assert_eq!(placed.place, 7);
        assert!(tx.issued_tokens().insert(&token(3), || 0).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_token_ends_with_whatever_it_hangs_on() {
    on_both(async |place| {
        let child = Grant { key: Some(KeyId::from_bits(1)), ..grant(2, Some(1)) };
        let source = Grant { token: Some(TokenId::from_bits(9)), ..grant(3, None) };
        let store = with_grants(place, &[grant(1, None), child, source]).await;
        let under = |id, grant| IssuedToken { under: Some(GrantId::from_bits(grant)), ..token(id) };
        let by_key = IssuedToken { key: Some(KeyId::from_bits(1)), ..token(4) };
        issue(&store, &[token(1), under(2, 2), under(3, 3), by_key]).await;
        assert!(ended(&store).await.is_empty());

        let mut tx = store.begin().await.unwrap();
        let taken = |id| RevokedToken { id: TokenId::from_bits(id), expires_at: at(1_000) };
        tx.revoked_tokens().insert(taken(1)).await.unwrap();
        tx.revoked_tokens().insert(taken(9)).await.unwrap();
        tx.save().await.unwrap();
        assert_eq!(ended(&store).await, [0, 2]);

        let mut tx = store.begin().await.unwrap();
        let root = tx.grants().find(GrantId::from_bits(1)).await.unwrap().unwrap();
        tx.grants().update(&root.end("taken back", at(5))).await.unwrap();
        tx.save().await.unwrap();
        assert_eq!(ended(&store).await, [0, 1, 2]);

        let mut tx = store.begin().await.unwrap();
        assert!(tx.keys().revoke(KeyId::from_bits(1), at(9)).await.unwrap());
        tx.save().await.unwrap();
        assert_eq!(ended(&store).await, [0, 1, 2, 3]);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_agents_tokens_have_all_ended() {
    on_both(async |place| {
        let store = with_grants(place, &[]).await;
        issue(&store, &[token(1)]).await;
        let mut tx = store.begin().await.unwrap();
        let state = bailiwick_domain::agent::State::Suspended;
        let suspended = bailiwick_domain::agent::Agent { state, ..agent(1) };
        tx.agents().update(&suspended).await.unwrap();
        assert_eq!(tx.issued_tokens().ended(1, at(10)).await.unwrap(), [0]);
        assert!(tx.issued_tokens().is_list(1, at(999)).await.unwrap());
        assert!(!tx.issued_tokens().is_list(1, at(1_000)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_full_list_is_followed_by_another() {
    on_both(async |place| {
        let store = with_grants(place, &[]).await;
        issue(&store, &[token(1)]).await;
        let mut tx = store.begin().await.unwrap();
        let full = i64::from(PLACES / 2);
        tx.execute("UPDATE status_lists SET issued = $1", [full.into()]).await.unwrap();
        let next = IssuedToken { expires_at: at(2_000), ..token(2) };
        let placed = tx.issued_tokens().insert(&next, || 0).await.unwrap();
        assert_eq!((placed.list, placed.place), (2, 0));
    })
    .await;
}
