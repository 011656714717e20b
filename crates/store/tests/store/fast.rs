//! Nonces and limits: the same answers from memory and from Redis.

use bailiwick_domain::id::{GrantId, KeyId};
use bailiwick_store::Fault;
use bailiwick_store::fast::{Charge, Charged, Fast, Nonce, Reserved, Standing, Use};
use proptest::prelude::*;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::place::{on_both_arms, redis_url, server};
use crate::samples::{at, used};

fn nonce(key: u128, text: &str) -> Nonce<'_> {
    let key = KeyId::from_bits(key);
    Nonce { key, text, created_at: at(40_000), until: at(105_000) }
}

fn exhausted(which: usize, retry_after_millis: u64) -> Reserved {
    Reserved::Exhausted { which, retry_after_millis }
}

fn within(left: &[(u32, u32)]) -> Reserved {
    let standing = |(remaining, reset_seconds): &(u32, u32)| Standing {
        remaining: *remaining,
        reset_seconds: *reset_seconds,
    };
    Reserved::Within { remaining: [left.first().map(standing), left.get(1).map(standing)] }
}

#[tokio::test]
async fn a_nonce_is_fresh_once_for_each_key() {
    on_both_arms(async |fast| {
        for (key, text, fresh) in
            [(1, "a", true), (1, "a", false), (2, "a", true), (1, "b", true), (1, "A", true)]
        {
            let spent = fast.spend_nonce(&nonce(key, text), at(41_000)).await.unwrap();
            assert_eq!(spent, fresh, "{key} {text}");
        }
        let later = Nonce { until: at(200_000), created_at: at(140_000), ..nonce(1, "b") };
        assert!(!fast.spend_nonce(&later, at(100_000)).await.unwrap());
        assert!(!fast.spend_nonce(&nonce(1, "late"), at(105_000)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_is_told_that_a_nonce_is_fresh() {
    on_both_arms(async |fast| {
        let mut asking = JoinSet::new();
        for _ in 0..50 {
            let fast = fast.for_this_runtime();
            asking
                .spawn(async move { fast.spend_nonce(&nonce(1, "a"), at(41_000)).await.unwrap() });
        }
        let fresh = asking.join_all().await.into_iter().filter(|fresh| *fresh).count();
        assert_eq!(fresh, 1);
    })
    .await;
}

#[tokio::test]
async fn the_burst_fits_at_once_and_then_one_for_each_that_drained() {
    on_both_arms(async |fast| {
        let uses = [used(1, 7, "3/min")];
        for left in [(2, 20), (1, 40), (0, 60)] {
            assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), within(&[left]));
        }
        assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), exhausted(0, 20_000));
        assert_eq!(fast.reserve(&uses, at(19_999)).await.unwrap(), exhausted(0, 1));
        assert_eq!(fast.reserve(&uses, at(20_000)).await.unwrap(), within(&[(0, 60)]));
        assert_eq!(fast.reserve(&uses, at(20_000)).await.unwrap(), exhausted(0, 20_000));
        assert_eq!(fast.reserve(&uses, at(900_000)).await.unwrap(), within(&[(2, 20)]));
    })
    .await;
}

#[tokio::test]
async fn a_request_is_counted_in_all_of_its_limits_or_in_none() {
    on_both_arms(async |fast| {
        let (own, operation) = (used(1, 0, "10/s"), used(1, 7, "2/min"));
        let uses = [own, operation];
        assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), within(&[(9, 1), (1, 30)]));
        assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), within(&[(8, 1), (0, 60)]));
        for _ in 0..20 {
            assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), exhausted(1, 30_000));
        }
        assert_eq!(fast.reserve(&[own], at(0)).await.unwrap(), within(&[(7, 1)]));
        for _ in 0..7 {
            fast.reserve(&[own], at(0)).await.unwrap();
        }
        assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), exhausted(1, 30_000));
        assert_eq!(fast.reserve(&[own], at(0)).await.unwrap(), exhausted(0, 100));
        let other_agent = [used(2, 0, "10/s"), used(2, 7, "2/min")];
        assert_eq!(fast.reserve(&other_agent, at(0)).await.unwrap(), within(&[(9, 1), (1, 30)]));
    })
    .await;
}

#[tokio::test]
async fn what_is_released_can_be_used_again_but_not_twice() {
    on_both_arms(async |fast| {
        let uses = [used(1, 0, "2/min"), used(1, 7, "2/min")];
        fast.reserve(&uses, at(0)).await.unwrap();
        fast.release(&uses, at(0), at(0)).await.unwrap();
        assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), within(&[(1, 30), (1, 30)]));
        assert_eq!(fast.reserve(&uses, at(0)).await.unwrap(), within(&[(0, 60), (0, 60)]));
        fast.release(&uses, at(0), at(30_000)).await.unwrap();
        assert_eq!(fast.reserve(&uses, at(30_000)).await.unwrap(), within(&[(0, 60), (0, 60)]));
        assert_eq!(fast.reserve(&uses, at(30_000)).await.unwrap(), exhausted(0, 30_000));
        for _ in 0..9 {
            fast.release(&uses, at(30_000), at(30_000)).await.unwrap();
        }
        assert_eq!(fast.reserve(&uses, at(30_000)).await.unwrap(), within(&[(1, 30), (1, 30)]));
    })
    .await;
}

#[tokio::test]
async fn no_limit_admits_and_too_many_are_a_fault() {
    on_both_arms(async |fast| {
        assert_eq!(fast.reserve(&[], at(0)).await.unwrap(), within(&[]));
        let three = [used(1, 0, "1/s"), used(1, 1, "1/s"), used(1, 2, "1/s")];
        assert!(fast.reserve(&three, at(0)).await.is_err());
        assert_eq!(fast.reserve(&three[..1], at(0)).await.unwrap(), within(&[(0, 1)]));
    })
    .await;
}

#[derive(Debug, Clone)]
enum Step {
    Reserve(Vec<Use>),
    Release(Vec<Use>, i64),
}

fn any_uses() -> impl Strategy<Value = Vec<Use>> {
    let limit = prop::sample::select(vec!["1/s", "7/s", "3/min", "7/min", "1000000/d", "5/h"]);
    let one = (0..2_u64, limit).prop_map(|(operation, limit)| used(1, operation, limit));
    prop::collection::vec(one, 1..=2)
        .prop_filter("two buckets", |uses| uses.len() == 1 || uses[0].bucket != uses[1].bucket)
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any_uses().prop_map(Step::Reserve),
        1 => (any_uses(), -90_000..90_000_i64).prop_map(|(uses, ago)| Step::Release(uses, ago)),
    ]
}

fn few_cases() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) }
}

proptest! {
    #![proptest_config(few_cases())]
    #[test]
    fn memory_and_redis_compute_the_same(
        steps in prop::collection::vec((any_step(), -5_000..40_000_i64), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let memory = Fast::open("memory", at(0)).unwrap();
            let redis = Fast::open(&redis_url(), at(0)).unwrap();
            let mut now = 1_800_000_000_000;
            for (step, elapsed) in steps {
                now += elapsed;
                match step {
                    Step::Reserve(uses) => {
                        let expected = memory.reserve(&uses, at(now)).await.unwrap();
                        let reserved = redis.reserve(&uses, at(now)).await.unwrap();
                        prop_assert_eq!(reserved, expected);
                    }
                    Step::Release(uses, ago) => {
                        memory.release(&uses, at(now - ago), at(now)).await.unwrap();
                        redis.release(&uses, at(now - ago), at(now)).await.unwrap();
                    }
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_proof_older_than_the_memory_is_a_fault() {
    let url = redis_url();
    let fast = [Fast::open("memory", at(41_500)).unwrap(), Fast::open(&url, at(41_500)).unwrap()];
    for fast in fast {
        let made = |created| Nonce { created_at: at(created), ..nonce(1, "a") };
        for created in [0, 40_000, 40_999] {
            let spent = fast.spend_nonce(&made(created), at(41_500)).await;
            assert!(matches!(spent, Err(Fault::Unavailable(_))), "{created}");
        }
        assert!(fast.spend_nonce(&made(41_000), at(41_500)).await.unwrap());
    }
}

#[tokio::test]
async fn a_redis_that_was_restarted_remembers_from_then_on() {
    let url = redis_url();
    let before = Fast::open(&url, at(0)).unwrap();
    assert!(before.spend_nonce(&nonce(1, "a"), at(40_000)).await.unwrap());
    let apart = before.for_this_runtime();
    assert!(apart.spend_nonce(&nonce(1, "b"), at(60_000)).await.unwrap());
    let (address, name) = url.split_once('#').unwrap();
    let client = redis::Client::open(address).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut set = redis::cmd("SET");
    set.arg(format!("{name}:run")).arg("another run of the server");
    let () = set.query_async(&mut connection).await.unwrap();
    let after = before.for_this_runtime();
    assert!(after.spend_nonce(&nonce(1, "c"), at(60_000)).await.is_err());
    let made_since = Nonce { created_at: at(60_000), ..nonce(1, "d") };
    assert!(after.spend_nonce(&made_since, at(60_000)).await.unwrap());
}

#[tokio::test]
async fn what_is_no_fast_store_is_refused() {
    for url in ["", "memories", "http://127.0.0.1/", "redis:", "rediss://127.0.0.1/"] {
        assert!(Fast::open(url, at(0)).is_err(), "{url}");
    }
    let nobody = Fast::open("redis://127.0.0.1:1/", at(0)).unwrap();
    assert!(nobody.spend_nonce(&nonce(1, "a"), at(41_000)).await.is_err());
    assert!(nobody.reserve(&[used(1, 0, "1/s")], at(0)).await.is_err());
    assert!(nobody.release(&[used(1, 0, "1/s")], at(0), at(0)).await.is_err());
}

/// Stands between a gateway and Redis, for as many connections as it is told to.
async fn pass_on(listener: &TcpListener, connections: usize) {
    let address = server("BAILIWICK_TEST_REDIS");
    let address = address.trim_start_matches("redis://").split('/').next().unwrap().to_owned();
    let mut passing = JoinSet::new();
    for _ in 0..connections {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(&address).await.unwrap();
        passing.spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
    }
    passing.join_all().await;
}

#[tokio::test]
async fn a_redis_that_went_away_is_a_fault_until_it_is_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let name = redis_url();
    let (_, name) = name.split_once('#').unwrap();
    let fast = Fast::open(&format!("redis://127.0.0.1:{port}/#{name}"), at(0)).unwrap();
    let spend = async |text| fast.spend_nonce(&nonce(1, text), at(40_000)).await;
    tokio::select! {
        () = pass_on(&listener, 1) => unreachable!("the connection stays open"),
        spent = spend("a") => assert!(spent.unwrap()),
    }
    assert!(spend("b").await.is_err());
    assert!(spend("b").await.is_err());
    tokio::select! {
        () = pass_on(&listener, 9) => unreachable!("the connection stays open"),
        spent = async { (spend("a").await, spend("c").await) } => {
            assert!(!spent.0.unwrap(), "what it has seen before, it has seen");
            assert!(spent.1.unwrap());
        }
    }
}

fn charge(grant: u128, budgets: &str) -> Charge {
    Charge {
        grant: GrantId::from_bits(grant),
        budgets: budgets.parse().unwrap(),
        given_at: at(40_000),
        until: at(105_000),
    }
}

#[tokio::test]
async fn a_request_is_counted_in_every_budget_or_in_none() {
    on_both_arms(async |fast| {
        let (task, above) = (charge(1, "calls=3 deletes=1"), charge(2, "calls=4 writes=9"));
        let both = [task, above];
        let ask = async |charges: &[Charge], amount| {
            fast.charge(charges, amount, at(41_000)).await.unwrap()
        };
        assert_eq!(ask(&both, [1, 1, 1]).await, Charged::Within);
        for _ in 0..3 {
            assert_eq!(ask(&both, [1, 1, 1]).await, Charged::Exhausted(2), "no delete is left");
        }
        assert_eq!(ask(&both, [1, 0, 0]).await, Charged::Within);
        assert_eq!(ask(&both, [1, 0, 0]).await, Charged::Within);
        assert_eq!(ask(&both, [1, 0, 0]).await, Charged::Exhausted(0), "of the task");
        assert_eq!(ask(&[above], [1, 0, 0]).await, Charged::Within, "the other has one left");
        assert_eq!(ask(&[above], [1, 0, 0]).await, Charged::Exhausted(0));
        fast.refund(&both, [1, 1, 1], at(42_000)).await.unwrap();
        assert_eq!(ask(&both, [1, 1, 1]).await, Charged::Within, "what was given back");
        assert_eq!(ask(&both, [1, 0, 0]).await, Charged::Exhausted(0), "and no more");
        fast.refund(&[charge(3, "calls=1")], [1, 0, 0], at(42_000)).await.unwrap();
        assert_eq!(ask(&[charge(3, "calls=1")], [1, 0, 0]).await, Charged::Within);
        assert_eq!(ask(&[charge(3, "calls=1")], [1, 0, 0]).await, Charged::Exhausted(0));
    })
    .await;
}

#[tokio::test]
async fn what_is_forgotten_of_a_budget_counts_as_used() {
    on_both_arms(async |fast| {
        let known = charge(1, "calls=9");
        assert_eq!(fast.charge(&[known], [1, 0, 0], at(41_000)).await.unwrap(), Charged::Within);
        let older = Charge { given_at: at(-1_000_000), ..charge(2, "calls=9") };
        for charges in [&[older][..], &[known, older]] {
            let charged = fast.charge(charges, [1, 0, 0], at(41_000)).await.unwrap();
            assert_eq!(charged, Charged::Forgotten);
        }
        let eight = fast.charge(&[known], [8, 0, 0], at(41_000)).await.unwrap();
        assert_eq!(eight, Charged::Within, "nothing was counted meanwhile");
    })
    .await;
}
