use std::path::Path;

use bailiwick_domain::api::Enforcement;
use bailiwick_gateway::settings::ClientCertificates;

use super::*;

mod described;
mod outside;

const GOOD: &str = r#"
trust_domain = "acme.example"

[[api]]
name = "acme"
prefix = "/acme"
upstream = "http://127.0.0.1:9000"

[[api.operation]]
method = "GET"
path = "/tickets/{id}"
scopes = ["tickets:read"]
"#;

fn read(text: &str) -> Result<Checked, Problems> {
    parse(text, Path::new("/srv/bailiwick"))
}

/// The good configuration with one line changed or added, and what must be said about it.
fn refused(change: impl Fn(String) -> String, path: &str, reason: &str) {
    let text = change(GOOD.to_owned());
    let problems = read(&text).expect_err(&format!("{path}: {reason}"));
    let found = problems.iter().any(|it| it.path == path && it.reason.contains(reason));
    assert!(found, "expected {path}: {reason}, got\n{problems}");
    assert!(problems.iter().all(|it| !it.hint.is_empty()), "{problems}");
}

fn with(section: &str, line: &str) -> String {
    let header = format!("\n[{section}]\n{line}\n");
    if section.is_empty() { format!("{line}\n{GOOD}") } else { format!("{GOOD}{header}") }
}

fn in_api(line: &str) -> String {
    GOOD.replace("prefix = \"/acme\"", &format!("prefix = \"/acme\"\n{line}"))
}

#[test]
fn what_is_not_written_has_a_sensible_default() {
    let settings = read(GOOD).unwrap().settings;
    assert_eq!(settings.data_dir, Path::new("/srv/bailiwick/data"));
    assert_eq!(settings.store.url, "sqlite:/srv/bailiwick/data/bailiwick.db");
    assert_eq!(settings.store.fast, "memory");
    assert_eq!(settings.gateway.listen.to_string(), "127.0.0.1:8700");
    assert_eq!(settings.authority.signing_key_days, 30);
    assert_eq!(settings.gateway.max_staleness_seconds, 10);
    assert_eq!(settings.ledger.origin, "acme.example/ledger");
    assert_eq!(settings.signature.window_seconds, 60);
    assert_eq!(settings.token.ttl_seconds, 900);
    assert!(settings.token.bound);
    let api = settings.apis[0].resolve("https://gateway.acme.example");
    assert_eq!(api.resource, "https://gateway.acme.example/acme");
    assert_eq!(api.proof.as_str(), "key");
}

#[test]
fn every_value_that_means_nothing_is_refused_where_it_stands() {
    for (section, line, path, reason) in [
        ("", "data_dir = 7", "data_dir", "integer"),
        ("gateway", "listen = \"8700\"", "gateway.listen", "invalid socket address"),
        ("gateway", "public_url = \"gateway\"", "gateway.public_url", "not a URL"),
        ("gateway", "public_url = \"http://g/x\"", "gateway.public_url", "after the host"),
        ("gateway", "listen = \"0.0.0.0:8700\"", "gateway.public_url", "is missing"),
        ("gateway", "threads = 0", "gateway.threads", "0 is out of range"),
        ("gateway", "max_staleness_seconds = 0", "gateway.max_staleness_seconds", "range"),
        ("gateway", "max_staleness_seconds = 301", "gateway.max_staleness_seconds", "range"),
        ("gateway", "mode = \"watch\"", "gateway.mode", "neither"),
        ("gateway", "mode = \"open\"", "gateway.mode", "neither"),
        ("gateway", "tls = { cert = \"no.pem\", key = \"no.pem\" }", "gateway.tls.cert", "read"),
        ("gateway", "tls = { cert = \"no.pem\" }", "gateway.tls.key", "is missing"),
        ("gateway.limits", "max_header_bytes = 1", "gateway.limits.max_header_bytes", "range"),
        ("gateway.limits", "max_headers = 5000", "gateway.limits.max_headers", "range"),
        ("gateway.limits", "max_body_bytes = -1", "gateway.limits.max_body_bytes", "integer"),
        (
            "gateway.limits",
            "first_byte_timeout_seconds = 0",
            "gateway.limits.first_byte_timeout_seconds",
            "range",
        ),
        (
            "gateway.limits",
            "idle_timeout_seconds = 0",
            "gateway.limits.idle_timeout_seconds",
            "range",
        ),
        ("gateway.limits", "drain_seconds = 9999", "gateway.limits.drain_seconds", "range"),
        ("authority", "listen = true", "authority.listen", "boolean"),
        ("authority", "listen = \"127.0.0.1:8700\"", "authority.listen", "gateway's address"),
        ("authority", "listen = \"[::]:8701\"", "authority.issuer", "is missing"),
        ("authority", "issuer = \"ldap://a\"", "authority.issuer", "neither http nor https"),
        ("authority", "signing_key_days = 0", "authority.signing_key_days", "range"),
        ("authority", "signing_key_days = 366", "authority.signing_key_days", "range"),
        ("store", "url = \"mysql://a\"", "store.url", "not the URL of a database"),
        ("store", "url = \"sqlite:\"", "store.url", "not the URL of a database"),
        ("store", "fast = \"memcached\"", "store.fast", "not a fast store"),
        ("ledger", "durability = \"paper\"", "ledger.durability", "`paper`"),
        ("ledger", "origin = \"a b\"", "ledger.origin", "cannot name a log"),
        ("signature", "window_seconds = 301", "signature.window_seconds", "301 is out of range"),
        ("signature", "skew_seconds = 61", "signature.skew_seconds", "61 is out of range"),
        ("token", "ttl_seconds = 86401", "token.ttl_seconds", "86401 is out of range"),
        ("token", "bound = \"yes\"", "token.bound", "string"),
    ] {
        refused(|_| with(section, line), path, reason);
    }
}

#[test]
fn an_api_that_cannot_be_reached_or_told_apart_is_refused() {
    for (line, path, reason) in [
        ("host = \"api.acme.test\"", "api[0].host", "string"),
        ("host = [\"api.acme.test:80\"]", "api[0].host", "not a host name"),
        ("host = [\"\"]", "api[0].host", "not a host name"),
        ("resource = \"acme\"", "api[0].resource", "not a resource identifier"),
        ("resource = \"https://a/#b\"", "api[0].resource", "not a resource identifier"),
        ("proof = \"hardware\"", "api[0].proof", "`hardware`"),
        ("proof = \"none\"", "api[0].proof", "`none`"),
        ("pass_signature = 1", "api[0].pass_signature", "integer"),
        ("upstream_ca = \"no.pem\"", "api[0].upstream_ca", "cannot be read"),
        ("upstream_ca = \"/dev/null\"", "api[0].upstream_ca", "never used"),
    ] {
        refused(|_| in_api(line), path, reason);
    }
    for (from, to, path, reason) in [
        ("name = \"acme\"", "", "api[0].name", "is missing"),
        ("name = \"acme\"", "name = \"Acme\"", "api[0].name", "`Acme` is not a name"),
        ("\"/acme\"", "\"acme\"", "api[0].prefix", "not a path prefix"),
        ("\"/acme\"", "\"/acme/\"", "api[0].prefix", "not a path prefix"),
        ("\"/acme\"", "\"/a/../b\"", "api[0].prefix", "not a path prefix"),
        ("\"/acme\"", "\"/a%2fb\"", "api[0].prefix", "not a path prefix"),
        ("\"/acme\"", "\"/healthz\"", "api[0].prefix", "answered by the gateway"),
        ("upstream = \"http://127.0.0.1:9000\"", "", "api[0].upstream", "is missing"),
        ("http://127.0.0.1:9000", "http://u:p@a", "api[0].upstream", "user name"),
        ("http://127.0.0.1:9000", "127.0.0.1:9000", "api[0].upstream", "not a URL"),
        ("trust_domain = \"acme.example\"", "", "trust_domain", "is missing"),
        ("acme.example", "Acme Example", "trust_domain", "not a trust domain"),
        ("method = \"GET\"", "", "api[0].operation[0].method", "is missing"),
        ("\"GET\"", "\"get\"", "api[0].operation[0].method", "`get`"),
        ("\"GET\"", "\"CONNECT\"", "api[0].operation[0].method", "`CONNECT`"),
        ("\"/tickets/{id}\"", "\"tickets\"", "api[0].operation", "not a path template"),
        ("scopes = [\"tickets:read\"]", "", "api[0].operation[0].scopes", "is missing"),
        ("tickets:read", "Tickets", "api[0].operation[0].scopes", "not a scope"),
        ("tickets:read", "tickets:*", "api[0].operation[0].scopes", "is broad"),
        ("tickets:read", "admin", "api[0].operation[0].scopes", "is broad"),
    ] {
        refused(|good| good.replace(from, to), path, reason);
    }
}

#[test]
fn what_two_entries_both_claim_is_refused() {
    let second = |name: &str, rest: &str| {
        format!("{GOOD}\n[[api]]\nname = \"{name}\"\nupstream = \"http://b\"\n{rest}\n")
    };
    let other = "prefix = \"/other\"";
    refused(|_| second("acme", other), "api[1].name", "name of api[0]");
    refused(|_| second("b", "prefix = \"/acme\""), "api[1]", "already leads to `acme`");
    let resource = "prefix = \"/b\"\nresource = \"/acme\"";
    refused(|_| second("b", resource), "api[1].resource", "not a resource identifier");
    let hosts = "host = [\"b.example\"]\nprefix = \"/acme\"";
    refused(|_| second("b", hosts), "api[1].resource", "would open `acme` too");
    let operation =
        "\n[[api.operation]]\nmethod = \"GET\"\npath = \"/tickets/{name}\"\nscopes = []";
    refused(|good| good + operation, "api[0].operation", "described twice");
    assert!(read(&second("b", other)).is_ok());
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    for (section, line, path, hint) in [
        ("", "trust_domian = \"x\"", "trust_domian", "did you mean `trust_domain`?"),
        ("gateway", "lisen = \"x\"", "gateway.lisen", "did you mean `listen`?"),
        ("gateway", "mask = []", "gateway.mask", "known here: "),
        ("signature", "window = 9", "signature.window", "did you mean `window_seconds`?"),
        ("gateway.limits", "max_header = 9", "gateway.limits.max_header", "did you mean"),
    ] {
        let problems = read(&with(section, line)).expect_err(path);
        let said = problems.iter().any(|it| it.path == path && it.hint.contains(hint));
        assert!(said, "{path}: {hint}\n{problems}");
    }
    for line in ["open_api = \"a.yaml\"", "credential = \"live\""] {
        let key = format!("api[0].{}", line.split_once(' ').unwrap().0);
        refused(|_| in_api(line), &key, "not a key");
    }
}

#[test]
fn who_is_believed_in_front_of_the_gateway_is_said_exactly() {
    let networks = "trusted_proxies = [\"10.0.0.0/8\", \"fd00::/8\"]\nclient_cert_header = true";
    let proxies = read(&with("gateway", networks)).unwrap().settings.gateway.proxies;
    assert!(proxies.client_cert_header && proxies.networks.len() == 2);
    let none = read(GOOD).unwrap().settings.gateway.proxies;
    assert!(!none.client_cert_header && none.networks.is_empty());
    for (line, path, reason) in [
        ("trusted_proxies = \"10.0.0.0/8\"", "gateway.trusted_proxies", "string"),
        ("trusted_proxies = [\"10.0.0.1\"]", "gateway.trusted_proxies", "not a network"),
        ("trusted_proxies = [\"0.0.0.0/0\"]", "gateway.trusted_proxies", "trusts everybody"),
        ("trusted_proxies = [\"::/0\"]", "gateway.trusted_proxies", "trusts everybody"),
        ("client_cert_header = true", "gateway.client_cert_header", "there are none"),
        ("client_cert_header = 1", "gateway.client_cert_header", "integer"),
    ] {
        refused(|_| with("gateway", line), path, reason);
    }
}

#[test]
fn whoever_may_ask_beside_another_proxy_is_said_exactly() {
    let both = "listen = \"127.0.0.1:8702\"\ncallers = [\"127.0.0.0/8\", \"10.0.0.1/32\"]";
    let beside = read(&with("gateway.beside", both)).unwrap().settings.gateway.beside.unwrap();
    assert_eq!((beside.listen.port(), beside.callers.len()), (8702, 2));
    assert!(read(GOOD).unwrap().settings.gateway.beside.is_none());
    let callers = "callers = [\"10.0.0.1/32\"]";
    let listen = "listen = \"127.0.0.1:8702\"";
    for (lines, key, reason) in [
        (callers.to_owned(), "listen", "is missing"),
        (format!("listen = \"8702\"\n{callers}"), "listen", "socket address"),
        (listen.to_owned(), "callers", "lets nobody ask"),
        (format!("{listen}\ncallers = []"), "callers", "lets nobody ask"),
        (format!("{listen}\ncallers = [\"0.0.0.0/0\"]"), "callers", "trusts everybody"),
        (format!("{listen}\ncallers = [\"proxy\"]"), "callers", "not a network"),
        (format!("{listen}\n{callers}\ntls = 1"), "tls", "not a key"),
        (format!("listen = \"127.0.0.1:8700\"\n{callers}"), "listen", "where agents call"),
        (format!("listen = \"0.0.0.0:8700\"\n{callers}"), "listen", "where agents call"),
    ] {
        let path = format!("gateway.beside.{key}");
        refused(|_| with("gateway.beside", &lines), &path, reason);
    }
}

#[test]
fn client_certificates_are_asked_for_unless_told_otherwise() {
    let clients = |more: &str| {
        let tls = format!("tls = {{ cert = \"/dev/null\", key = \"/dev/null\"{more} }}");
        let settings = read(&with("authority", &tls)).unwrap().settings;
        settings.authority.tls.unwrap().clients
    };
    assert_eq!(clients(""), ClientCertificates::Optional);
    assert_eq!(clients(", client_certificates = \"optional\""), ClientCertificates::Optional);
    assert_eq!(clients(", client_certificates = \"none\""), ClientCertificates::Ignored);
    let under = ClientCertificates::Under("/dev/null".into());
    assert_eq!(clients(", client_ca = \"/dev/null\""), under);
    for section in ["gateway", "authority"] {
        for (more, key, reason) in [
            ("client_certificates = \"required\"", "client_certificates", "not a way of asking"),
            ("client_ca = \"/nowhere\"", "client_ca", "cannot be read"),
            ("client_ca = \"/dev/null\", client_certificates = \"none\"", "client_ca", "not asked"),
        ] {
            let tls = format!("tls = {{ cert = \"/dev/null\", key = \"/dev/null\", {more} }}");
            refused(|_| with(section, &tls), &format!("{section}.tls.{key}"), reason);
        }
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = "trust_domain = \"A\"\n[gateway]\nlisten = \"x\"\nfoo = 1\n[token]\nbound = 3\n";
    let problems = read(text).expect_err("four things are wrong");
    let paths: Vec<_> = problems.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["trust_domain", "gateway.listen", "gateway.foo", "token.bound"]);
}

#[test]
fn a_file_that_is_no_toml_names_the_line() {
    let problems = read("trust_domain = \"a\"\nlisten = = 3\n").expect_err("no TOML");
    assert_eq!(problems.iter().next().unwrap().path, "line 2");
}

#[test]
fn what_is_unwise_is_allowed_and_said() {
    let open = with("authority", "listen = \"0.0.0.0:8701\"\nissuer = \"http://a.example\"");
    let warnings = read(&open).unwrap().warnings;
    let paths: Vec<_> = warnings.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["authority.issuer"]);
    let bare = read("trust_domain = \"acme.example\"").unwrap().warnings;
    assert_eq!(bare.iter().next().unwrap().path, "api");
    assert!(read(GOOD).unwrap().warnings.is_empty());
}

#[test]
fn which_accounts_are_taken_and_who_is_asked_about_them_fits_together() {
    let wallet = |lines: &str| format!("{GOOD}\n[wallet]\n{lines}\n");
    let settings = read(GOOD).unwrap().settings.wallet;
    assert_eq!((settings.chains, settings.nodes.len()), (vec![1], 0));
    let both = "chains = [1]\naccounts = \"universal\"\nnodes = { 1 = \"https://node.test\" }";
    assert_eq!(read(&wallet(both)).unwrap().settings.wallet.nodes.len(), 1);
    for (lines, path, reason) in [
        ("accounts = \"all\"", "wallet.accounts", "no kind"),
        ("accounts = \"universal\"", "wallet.nodes", "no node answers for chain 1"),
        ("nodes = { 1 = \"https://node.test\" }", "wallet.nodes", "never asked"),
        ("nodes = { 5 = \"https://node.test\" }", "wallet.nodes", "chain 5 is not in"),
        ("nodes = { one = \"https://node.test\" }", "wallet.nodes", "not URLs by chain"),
        ("chains = \"1\"", "wallet.chains", "string"),
    ] {
        refused(|_| wallet(lines), path, reason);
    }
}

#[test]
fn whom_the_installation_may_ask_and_whose_bundles_it_believes_is_said_exactly() {
    let outbound = |lines: &str| format!("{GOOD}\n[outbound]\n{lines}\n");
    for (lines, path, reason) in [
        ("allow_http = true", "outbound.allow_http", "allows nothing"),
        ("networks = [\"10.0.0.0\"]", "outbound.networks", "not a network"),
        ("networks = [\"0.0.0.0/0\"]", "outbound.networks", "everybody"),
        ("ca = \"/nowhere\"", "outbound.ca", "cannot be read"),
    ] {
        refused(|_| outbound(lines), path, reason);
    }
    let bundle = |lines: &str| format!("{GOOD}\n[[trust_bundle]]\n{lines}\n");
    let good = "trust_domain = \"prod.test\"\nfile = \"/dev/null\"";
    assert_eq!(read(&bundle(good)).unwrap().settings.bundles.len(), 1);
    for (lines, path, reason) in [
        ("trust_domain = \"prod.test\"", "trust_bundle[0].url", "exactly one"),
        (
            "trust_domain = \"prod/x\"\nfile = \"/dev/null\"",
            "trust_bundle[0].trust_domain",
            "not a",
        ),
        ("trust_domain = \"prod.test\"\nfile = \"/nowhere\"", "trust_bundle[0].file", "be read"),
        ("trust_domain = \"prod.test\"\nurl = \"prod\"", "trust_bundle[0].url", ""),
    ] {
        refused(|_| bundle(lines), path, reason);
    }
    let twice = format!("{}\n[[trust_bundle]]\n{good}\n", bundle(good));
    refused(|_| twice.clone(), "trust_bundle", "there twice");
}

#[test]
fn workloads_tokens_are_taken_only_where_bearers_are() {
    refused(|_| in_api("workload_tokens = true"), "api[0].workload_tokens", "weak proof");
    let api = in_api("workload_tokens = true\nproof = \"bearer\"");
    assert!(read(&api).unwrap().settings.apis[0].workload_tokens);
}
