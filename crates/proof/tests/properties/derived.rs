use bailiwick_domain::denial::Denial;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::{AgentId, GrantId, KeyId};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::derived::{DerivedKeyId, MAX_SECONDS, Roots, Wanted};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::any;

const GATEWAY: &str = "https://gateway.example";

fn roots(current: u32) -> Roots {
    Roots::new(current, [3, 4].map(|epoch: u8| (epoch.into(), Zeroizing::new([epoch; 32]))))
        .unwrap()
}

prop_compose! {
    fn named()(
        epoch in 3..5_u32,
        (key, agent, under) in any::<(u128, u128, Option<u128>)>(),
        unique in any::<u8>(),
        (now, ttl_seconds) in (0..1_i64 << 40, any::<u32>()),
        audience in "[a-z]{0,9}",
    ) -> (DerivedKeyId, Timestamp) {
        let (key, agent) = (KeyId::from_bits(key), AgentId::from_bits(agent));
        let under = under.map(GrantId::from_bits);
        let wanted = Wanted { key, agent, under, audience: &audience, ttl_seconds };
        let now = Timestamp::from_millis(now);
        let entropy = Entropy::new(move |buffer| buffer.fill(unique));
        (roots(epoch).name(&wanted, now, &entropy), now)
    }
}

proptest! {
    #[test]
    fn a_printed_name_reads_back((id, _) in named()) {
        let text = id.to_string();
        prop_assert_eq!(text.len(), if id.under().is_some() { 107 } else { 86 });
        prop_assert!(DerivedKeyId::is_claimed(&text));
        prop_assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn every_node_with_the_same_roots_makes_the_same_key((id, _) in named()) {
        let (one, other) = (roots(3).derive(&id).unwrap(), roots(4).derive(&id).unwrap());
        prop_assert_eq!(one.thumbprint(), other.thumbprint());
        prop_assert_eq!(&*roots(3).secret(&id).unwrap(), &*roots(4).secret(&id).unwrap());
    }

    #[test]
    fn a_name_changed_anywhere_is_refused_or_has_another_key((id, _) in named(), place: usize) {
        let changed = any::flip(id.to_string().as_bytes(), place);
        let Ok(text) = String::from_utf8(changed) else { return Ok(()) };
        let Ok(other) = text.parse::<DerivedKeyId>() else { return Ok(()) };
        prop_assert_eq!(other.to_string(), text);
        if let Ok(key) = roots(3).derive(&other) {
            let own = roots(3).derive(&id).unwrap();
            prop_assert_ne!(key.thumbprint(), own.thumbprint());
        }
    }

    #[test]
    fn two_names_have_two_keys((id, _) in named(), (other, _) in named()) {
        let (one, two) = (roots(3).derive(&id).unwrap(), roots(3).derive(&other).unwrap());
        prop_assert_eq!(id == other, one.thumbprint() == two.thumbprint());
    }

    #[test]
    fn no_name_is_good_for_more_than_an_hour((id, now) in named()) {
        prop_assert!(id.expires_at() <= now.plus_seconds(MAX_SECONDS));
        let later = now.plus_seconds(MAX_SECONDS);
        prop_assert_eq!(id.check(later, "whatever"), Err(Denial::CredentialExpired));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(drv_)?[A-Za-z0-9_-]{82}") {
        if let Ok(id) = text.parse::<DerivedKeyId>() {
            prop_assert_eq!(id.to_string(), text);
            let _ = id.check(Timestamp::from_seconds(1_618_884_473), GATEWAY);
        }
    }
}
