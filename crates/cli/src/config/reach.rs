//! What no section sees alone: names used twice, and requests that two APIs would answer.

use std::collections::BTreeMap;

use super::problem::Problems;
use super::settings::Settings;

/// Refuses what is ambiguous between sections.
pub(super) fn check(settings: &Settings, problems: &mut Problems) {
    check_listeners(settings, problems);
    check_names(settings, problems);
    check_ways(settings, problems);
    check_resources(settings, problems);
}

fn check_listeners(settings: &Settings, problems: &mut Problems) {
    let listen = settings.gateway.listen;
    if listen.port() != 0 && listen == settings.authority.listen {
        let reason = format!("{listen} is the gateway's address too");
        problems.add("authority.listen", reason, "give each its own port");
    }
}

fn check_names(settings: &Settings, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, api) in settings.apis.iter().enumerate() {
        if let Some(first) = seen.insert(&api.name, place) {
            let reason = format!("`{}` is the name of api[{first}] too", api.name);
            problems.add(format!("api[{place}].name"), reason, "give each API its own name");
        }
    }
}

/// Two APIs are reached the same way when they share a host (or both answer to any) and a prefix.
fn check_ways(settings: &Settings, problems: &mut Problems) {
    let mut seen: BTreeMap<(Option<&str>, &str), &str> = BTreeMap::new();
    for (place, api) in settings.apis.iter().enumerate() {
        let mut hosts: Vec<Option<&str>> = api.hosts.iter().map(|host| Some(&**host)).collect();
        if hosts.is_empty() {
            hosts.push(None);
        }
        for host in hosts {
            let Some(other) = seen.insert((host, &api.prefix), &api.name) else { continue };
            let way = match (host, api.prefix.as_str()) {
                (Some(host), "") => format!("host {host}"),
                (Some(host), prefix) => format!("host {host} and prefix {prefix}"),
                (None, "") => "any host and any path".to_owned(),
                (None, prefix) => format!("prefix {prefix}"),
            };
            let reason = format!("{way} already leads to `{other}`");
            problems.add(format!("api[{place}]"), reason, "set another host or prefix");
        }
    }
}

/// A token for one API must not open another (RFC 8707, section 3).
fn check_resources(settings: &Settings, problems: &mut Problems) {
    let public_url = settings.gateway.public_url.as_deref().unwrap_or_default();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (place, api) in settings.apis.iter().enumerate() {
        let Some(other) = seen.insert(api.resolve(public_url).resource, &api.name) else {
            continue;
        };
        let reason = format!("tokens for `{}` would open `{other}` too", api.name);
        let hint = "write a resource for each, as in \"https://api.acme.example\"";
        problems.add(format!("api[{place}].resource"), reason, hint);
    }
}
