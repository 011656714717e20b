//! Texts that people write, and what they are read as: bounded, and plain enough for a terminal and
//! a log.

use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use bailiwick_domain::agent::{DEFAULT_PROJECT, Name};
use bailiwick_domain::scope::{Scope, ScopeSet};
use ipnet::IpNet;

use crate::refusal::Refusal;

/// The longest owner.
const OWNER: usize = 200;
/// The longest purpose of a task.
const TASK: usize = 500;
/// The most networks of one agent, or one of its keys.
const NETWORKS: usize = 64;
/// The longest purpose or reason.
const PROSE: usize = 1_000;

/// Who answers for an agent: never empty.
pub(crate) fn owner(text: String) -> Result<String, Refusal> {
    plain("owner", text, 1, OWNER)
}

/// What an operator or a person is called: never empty.
pub(crate) fn name(text: String) -> Result<String, Refusal> {
    plain("name", text, 1, OWNER)
}

/// What an agent is for.
pub(crate) fn purpose(text: String) -> Result<String, Refusal> {
    plain("purpose", text, 0, PROSE)
}

/// What a task is for: never empty.
pub(crate) fn task(text: String) -> Result<String, Refusal> {
    plain("purpose", text, 1, TASK)
}

/// What a project is.
pub(crate) fn description(text: String) -> Result<String, Refusal> {
    plain("description", text, 0, PROSE)
}

/// Why a broad scope is granted: never empty.
pub(crate) fn reason(text: String) -> Result<String, Refusal> {
    plain("broad_because", text, 1, PROSE)
}

/// Why an agent is refused: never empty.
pub(crate) fn because(text: String) -> Result<String, Refusal> {
    plain("because", text, 1, PROSE)
}

/// Networks in CIDR notation, or single addresses. Bits beyond the prefix are refused: they say
/// that something else was meant.
pub(crate) fn networks(texts: &[String]) -> Result<Vec<IpNet>, Refusal> {
    if texts.len() > NETWORKS {
        return Err(Refusal::Malformed(format!("more than {NETWORKS} networks")));
    }
    texts.iter().map(|text| network(text)).collect()
}

fn network(text: &str) -> Result<IpNet, Refusal> {
    let refused = || {
        let shown: String = text.chars().take(64).collect();
        Refusal::Malformed(format!("`networks`: `{shown}` is not a network, as in 10.0.0.0/8"))
    };
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let network: IpNet = text.parse().map_err(|_| refused())?;
    if network.trunc() == network { Ok(network) } else { Err(refused()) }
}

/// The project of that name; the default one when none is named.
pub(crate) fn project(text: Option<&str>) -> Result<Name, Refusal> {
    read("project", text.unwrap_or(DEFAULT_PROJECT))
}

/// A field's text read as what it should be.
pub(crate) fn read<T>(field: &str, text: &str) -> Result<T, Refusal>
where
    T: FromStr<Err: Display>,
{
    text.parse().map_err(|error| Refusal::Malformed(format!("`{field}`: {error}")))
}

/// Scopes as they are sent: a list of texts.
pub(crate) fn of_scopes(scopes: &ScopeSet) -> Vec<String> {
    scopes.iter().map(Scope::to_string).collect()
}

/// Scopes out of a list of texts.
pub(crate) fn scopes(texts: &[String]) -> Result<ScopeSet, Refusal> {
    let read = ScopeSet::from_texts(texts.iter().map(String::as_str));
    read.map_err(|error| Refusal::Malformed(format!("`scopes`: {error}")))
}

/// Whether a text is one plain line of at most so many bytes: no control characters, and none that
/// turn the direction of what stands beside it on a page.
pub(crate) fn is_plain_line(text: &str, most: usize) -> bool {
    let turning = |it| {
        let turned = '\u{2028}'..='\u{202e}';
        turned.contains(&it)
            || matches!(it, '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let plain = !text.chars().any(|it| it.is_control() || turning(it));
    plain && !text.trim().is_empty() && text.len() <= most
}

fn plain(field: &str, text: String, least: usize, most: usize) -> Result<String, Refusal> {
    if text.trim().len() < least {
        return Err(Refusal::Malformed(format!("`{field}` is empty")));
    }
    if text.len() > most {
        return Err(Refusal::Malformed(format!("`{field}` is longer than {most} bytes")));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::Malformed(format!("`{field}` has a control character")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, fine: bool) {
        assert_eq!(owner(text.to_owned()).is_ok(), fine, "{text:?}");
    }

    #[test]
    fn an_owner_is_a_short_line_of_text() {
        check("Zoë, support", true);
        check("", false);
        check("  ", false);
        check("a\nb", false);
        check("\u{1b}[31mred", false);
        check(&"a".repeat(OWNER + 1), false);
    }

    #[test]
    fn a_purpose_may_be_empty_and_a_reason_may_not() {
        assert!(purpose(String::new()).is_ok());
        assert!(reason(String::new()).is_err());
        assert!(purpose("x".repeat(PROSE + 1)).is_err());
    }

    fn check_network(text: &str, expected: Option<&str>) {
        let read = network(text).ok().map(|network| network.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn a_network_is_a_prefix_or_an_address() {
        check_network("10.0.0.0/8", Some("10.0.0.0/8"));
        check_network("192.0.2.7", Some("192.0.2.7/32"));
        check_network("2001:db8::/32", Some("2001:db8::/32"));
        check_network("10.0.0.1/8", None);
        check_network("10.0.0.0/33", None);
        check_network("localhost", None);
        check_network("", None);
    }
}
