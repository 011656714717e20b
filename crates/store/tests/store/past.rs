//! What is over is deleted, and nothing that something else still needs.

use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::{AgentId, GrantId, SessionId, TokenId};
use bailiwick_domain::passkey::Welcome;
use bailiwick_domain::person::Session;
use bailiwick_store::assertions::Assertion;
use bailiwick_store::codes::Code;
use bailiwick_store::issued_tokens::{IssuedToken, PLACES};
use bailiwick_store::past::Past;
use bailiwick_store::pushed_requests::PushedRequest;
use bailiwick_store::refresh_tokens::RefreshToken;
use bailiwick_store::revoked_tokens::RevokedToken;
use bailiwick_store::{Store, Tx};
use sqlx::AssertSqlSafe;

use crate::grants::{grant, with_grants};
use crate::place::on_both;
use crate::samples::{at, person, session};

/// How many rows a table has.
async fn count(tx: &mut Tx, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) AS rows_there FROM {table}"));
    tx.fetch_first(sql, []).await.unwrap().unwrap().int("rows_there").unwrap()
}

fn code(digest: u8, ends: i64) -> Code {
    Code {
        digest: [digest; 32],
        grant: GrantId::from_bits(1),
        agent: AgentId::from_bits(1),
        redirect_uri: String::new(),
        challenge: String::new(),
        dpop_key: None,
        openid: false,
        nonce: None,
        offline: true,
        authenticated_at: at(1),
        expires_at: at(ends),
        used_at: None,
    }
}

fn refresh(digest: u8, ends: i64) -> RefreshToken {
    RefreshToken {
        digest: [digest; 32],
        grant: GrantId::from_bits(1),
        agent: AgentId::from_bits(1),
        dpop_key: None,
        expires_at: at(ends),
        first_used_at: None,
        uses: 0,
        parent: None,
    }
}

/// Of each sort without a tree: three that end at 10, 20 and 30.
async fn fill(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    for (number, ends) in [(1, 10), (2, 20), (3, 30)] {
        let number = u8::try_from(number).unwrap();
        let id = TokenId::from_bits(number.into());
        tx.codes().insert(&code(number, ends)).await.unwrap();
        tx.refresh_tokens().insert(&refresh(number, ends)).await.unwrap();
        let pushed = PushedRequest {
            digest: [number; 32],
            client: String::new(),
            parameters: String::new(),
            expires_at: at(ends),
        };
        tx.pushed_requests().insert(&pushed).await.unwrap();
        let welcome = Welcome {
            digest: [number; 32],
            name: None,
            role: None,
            created_at: at(1),
            // One of them was used before its time was over.
            expires_at: at(if number == 2 { 90 } else { ends }),
            used_at: (number == 2).then_some(at(ends)),
        };
        tx.welcomes().insert(&welcome).await.unwrap();
        let assertion = Assertion {
            issuer: "https://a".into(),
            jti: number.to_string(),
            agent: AgentId::from_bits(1),
            expires_at: at(ends),
        };
        tx.assertions().spend(&assertion).await.unwrap();
        let once = ("a", &*number.to_string());
        tx.received_signals().remember(once, at(ends)).await.unwrap();
        tx.revoked_tokens().insert(RevokedToken { id, expires_at: at(ends) }).await.unwrap();
        let token = IssuedToken {
            id,
            agent: AgentId::from_bits(1),
            key: None,
            under: None,
            expires_at: at(ends),
        };
        tx.issued_tokens().insert(&token, || number.into()).await.unwrap();
    }
    tx.save().await.unwrap();
}

#[tokio::test]
async fn what_is_over_goes_a_batch_at_a_time_and_the_rest_stays() {
    on_both(async |place| {
        let store = with_grants(place, &[grant(1, None)]).await;
        fill(&store).await;
        // A code is noticed for a day after its expiry.
        let day = 86_400_000;
        for (past, table, ended_by) in [
            (Past::Codes, "codes", day + 20),
            (Past::RefreshTokens, "refresh_tokens", 20),
            (Past::PushedRequests, "pushed_requests", 20),
            (Past::Welcomes, "welcomes", 20),
            (Past::Assertions, "assertions", 20),
            (Past::ReceivedSignals, "received_signals", 20),
            (Past::RevokedTokens, "revoked_tokens", 20),
            (Past::IssuedTokens, "issued_tokens", 20),
        ] {
            let mut tx = store.begin().await.unwrap();
            assert_eq!(tx.forget(past, at(9), 9).await.unwrap(), 0, "{past:?}");
            for gone in [1, 1, 0] {
                assert_eq!(tx.forget(past, at(ended_by), 1).await.unwrap(), gone, "{past:?}");
            }
            assert_eq!(count(&mut tx, table).await, 1, "{past:?}");
            tx.save().await.unwrap();
        }
        let mut tx = store.read().await.unwrap();
        assert!(tx.revoked_tokens().contains(TokenId::from_bits(3)).await.unwrap());
        assert!(tx.refresh_tokens().find(&[3; 32]).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_status_list_goes_with_its_last_token_and_the_newest_stays() {
    on_both(async |place| {
        let store = with_grants(place, &[grant(1, None)]).await;
        fill(&store).await;
        let mut tx = store.begin().await.unwrap();
        let full = i64::from(PLACES / 2);
        tx.execute("UPDATE status_lists SET issued = $1", [full.into()]).await.unwrap();
        let next = IssuedToken {
            id: TokenId::from_bits(9),
            agent: AgentId::from_bits(1),
            key: None,
            under: None,
            expires_at: at(40),
        };
        assert_eq!(tx.issued_tokens().insert(&next, || 0).await.unwrap().list, 2);
        assert_eq!(tx.forget(Past::StatusLists, at(99), 9).await.unwrap(), 0, "it has tokens");
        assert_eq!(tx.forget(Past::IssuedTokens, at(99), 9).await.unwrap(), 4);
        assert_eq!(tx.forget(Past::StatusLists, at(29), 9).await.unwrap(), 0, "too early");
        assert_eq!(tx.forget(Past::StatusLists, at(99), 9).await.unwrap(), 1);
        assert_eq!(count(&mut tx, "status_lists").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_grant_stays_while_anything_below_it_does_and_takes_its_codes_with_it() {
    on_both(async |place| {
        let ending = |id, parent, ends| Grant { expires_at: at(ends), ..grant(id, parent) };
        let all = [
            ending(1, None, 10),
            ending(2, Some(1), 10),
            ending(3, Some(2), 30),
            ending(4, None, 90).end("taken back", at(10)),
            ending(5, None, 90),
        ];
        let store = with_grants(place, &all).await;
        let mut tx = store.begin().await.unwrap();
        tx.codes().insert(&code(1, 90)).await.unwrap();
        tx.refresh_tokens().insert(&refresh(1, 90)).await.unwrap();
        let sql = "INSERT INTO grant_uses (grant_id, place, outcome, records) \
                   VALUES ($1, 0, 'allowed', 1)";
        tx.execute(sql, [GrantId::from_bits(1).into()]).await.unwrap();
        assert_eq!(tx.forget(Past::Grants, at(9), 9).await.unwrap(), 0);
        // The first two have one below them that lasts.
        assert_eq!(tx.forget(Past::Grants, at(20), 9).await.unwrap(), 1);
        assert_eq!(tx.grants().find(GrantId::from_bits(4)).await.unwrap(), None);
        for table in ["codes", "refresh_tokens", "grant_uses"] {
            assert_eq!(count(&mut tx, table).await, 1, "{table}");
        }
        for _ in 0..3 {
            assert_eq!(tx.forget(Past::Grants, at(30), 9).await.unwrap(), 1);
        }
        assert_eq!(tx.forget(Past::Grants, at(30), 9).await.unwrap(), 0);
        for table in ["codes", "refresh_tokens", "grant_uses"] {
            assert_eq!(count(&mut tx, table).await, 0, "{table}");
        }
        assert_eq!(count(&mut tx, "grants").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_stays_while_a_grant_hangs_on_it() {
    on_both(async |place| {
        let on = Grant { session: Some(SessionId::from_bits(1)), ..grant(1, None) };
        let store = with_grants(place, &[on]).await;
        let mut tx = store.begin().await.unwrap();
        tx.people().insert(&person(1)).await.unwrap();
        for id in [1, 2] {
            let digest = [u8::try_from(id).unwrap(); 32];
            let ended = Session { digest, expires_at: at(10), ..session(id, 1) };
            tx.sessions().insert(&ended).await.unwrap();
        }
        assert_eq!(tx.forget(Past::Sessions, at(9), 9).await.unwrap(), 0);
        assert_eq!(tx.forget(Past::Sessions, at(10), 9).await.unwrap(), 1);
        assert!(tx.sessions().find(SessionId::from_bits(1)).await.unwrap().is_some());
        assert_eq!(tx.forget(Past::Grants, at(1_000), 9).await.unwrap(), 1);
        assert_eq!(tx.forget(Past::Sessions, at(10), 9).await.unwrap(), 1);
    })
    .await;
}
