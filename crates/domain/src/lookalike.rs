//! Names that a person could take for one another (the idea of UTS #39, section 4, for the few
//! characters that names have).

use crate::agent::Name;

/// Names that agents do not give themselves: they sound like somebody in charge.
const RESERVED: &[&str] = &[
    "admin",
    "administrator",
    "agent",
    "all",
    "anonymous",
    "api",
    "audit",
    "authority",
    "bailiwick",
    "daemon",
    "default",
    "everyone",
    "gateway",
    "guest",
    "internal",
    "issuer",
    "ledger",
    "localhost",
    "me",
    "nobody",
    "none",
    "null",
    "operator",
    "owner",
    "root",
    "security",
    "self",
    "service",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "undefined",
    "unknown",
    "user",
];

/// What a name looks like: two names of one skeleton could be taken for one another. Hyphens do not
/// count; `0` is `o`; `1` and `i` are `l`; `m` is `rn`; `w` is `vv`. Letters are only ever spelled
/// out, never joined, so that `vvv`, `vw` and `wv` are all the same. At most twice as long as the
/// name, and never empty.
pub fn skeleton(name: &Name) -> String {
    spell_out(name.as_str())
}

/// Whether the name is, or looks like, one that agents do not give themselves.
pub fn is_reserved(name: &Name) -> bool {
    let wanted = skeleton(name);
    RESERVED.iter().any(|reserved| spell_out(reserved) == wanted)
}

fn spell_out(text: &str) -> String {
    let mut skeleton = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        match letter {
            '-' => {}
            '0' => skeleton.push('o'),
            '1' | 'i' => skeleton.push('l'),
            'm' => skeleton.push_str("rn"),
            'w' => skeleton.push_str("vv"),
            other => skeleton.push(other),
        }
    }
    skeleton
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn check(one: &str, other: &str, alike: bool) {
        assert_eq!(skeleton(&name(one)) == skeleton(&name(other)), alike, "{one} {other}");
    }

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        check("billing", "bi11ing", true);
        check("billing", "bllllng", true);
        check("support-bot", "supp0rt-b0t", true);
        check("summarizer", "surnrnarizer", true);
        check("web-crawler", "vveb-cravvler", true);
        check("vvv", "vw", true);
        check("vw", "wv", true);
        check("ticket-summarizer", "ticket--summarizer", true);
        check("ticket-summarizer", "tickets-ummarizer", true);
        check("ticket-summarizer", "ticketsummarizer-", true);
        check("r-n", "m", true);
    }

    #[test]
    fn names_that_do_not_look_alike_have_two() {
        check("a", "b", false);
        check("billing", "billings", false);
        check("agent-2", "agent-3", false);
        check("reader", "render", false);
        check("worker-8f3a", "worker-bf3a", false);
    }

    #[test]
    fn names_of_those_in_charge_are_reserved_however_they_are_written() {
        for text in ["admin", "r00t", "adrnin", "bai1iwick", "op-erator", "system-", "me"] {
            assert!(is_reserved(&name(text)), "{text}");
        }
        for text in ["administrator-of-tickets", "rooter", "a", "ticket-summarizer"] {
            assert!(!is_reserved(&name(text)), "{text}");
        }
        let readable = |text: &&str| text.parse::<Name>().is_ok();
        assert!(RESERVED.iter().all(readable) && RESERVED.is_sorted());
    }

    proptest! {
        #[test]
        fn a_skeleton_is_bounded_and_numbers_stay_apart(text in "[a-z0-9][a-z0-9-]{0,62}") {
            let found = skeleton(&name(&text));
            prop_assert!(!found.is_empty() && found.len() <= text.len() * 2);
        }

        #[test]
        fn numbered_names_are_told_apart(one: u32, other: u32) {
            let numbered = |number: u32| skeleton(&name(&format!("n-{number}")));
            prop_assert_eq!(numbered(one) == numbered(other), one == other);
        }
    }
}
