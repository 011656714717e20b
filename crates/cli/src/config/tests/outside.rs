//! Who outside has a part in it: where people sign in, who brings what they decided, whose signals
//! are taken in.

use super::*;

#[test]
fn a_way_to_sign_in_says_where_and_who() {
    let way = |more: &str| {
        let known = "name = \"acme\"\nissuer = \"https://id.acme.example\"\nclient_id = \"b\"";
        with("[authority.sign_in]", &format!("{known}\n{more}"))
    };
    let allow = "allow = [\"*@acme.example\"]";
    let read = parse(&way(allow), Path::new("/srv")).unwrap().settings.authority.sign_in;
    assert_eq!((read[0].scopes.join(" "), &read[0].client_secret), ("email profile".into(), &None));
    let env = way(&format!("{allow}\nclient_secret = {{ env = \"SECRET\" }}"));
    let read = parse(&env, Path::new("/srv")).unwrap().settings.authority.sign_in;
    assert_eq!(read[0].client_secret, Some(SecretSource::Env("SECRET".into())));
    for (more, path, reason) in [
        ("", "allow", "nobody may sign in"),
        ("allow = []", "allow", "nobody may sign in"),
        ("allow = [\"acme.example\"]", "allow", "no address"),
        ("allow = [\"*\"]\nclient_secret = \"x\"", "client_secret", "string"),
        ("allow = [\"*\"]\nclient_secret = {}", "client_secret.file", "exactly one"),
        ("allow = [\"*\"]\nscopes = [\"a b\"]", "scopes", "no scope"),
        ("allow = [\"*\"]\nclaims = { a = 1 }", "claims", "another shape"),
    ] {
        refused(|_| way(more), &format!("authority.sign_in[0].{path}"), reason);
    }
}

#[test]
fn an_approval_webhook_says_where_and_with_what() {
    let webhook = |more: &str| with("[authority.approval_webhook]", more);
    let url = "url = \"https://desk.acme.example/approvals\"";
    let whole = format!("name = \"desk\"\n{url}\nsecret = {{ env = \"DESK\" }}");
    let settings = parse(&webhook(&whole), Path::new("/srv")).unwrap().settings;
    let [read] = &settings.authority.approval_webhooks[..] else { panic!() };
    assert_eq!((read.name.as_str(), &read.secret), ("desk", &SecretSource::Env("DESK".into())));
    for (more, path, reason) in [
        (whole.replace(url, ""), "url", "is missing"),
        (whole.replace("https:", "ftp:"), "url", "neither https nor http"),
        (whole.replace("desk\"\n", "the desk\"\n"), "name", "not such a name"),
        (whole.replace("{ env = \"DESK\" }", "\"x\""), "secret", "string"),
        (whole.replace("url", "uri"), "uri", "is not a key"),
    ] {
        refused(|_| webhook(&more), &format!("authority.approval_webhook[0].{path}"), reason);
    }
}

#[test]
fn a_source_of_signals_says_whose_and_for_whom() {
    let source = |more: &str| {
        let known = "issuer = \"https://id.acme.example\"";
        with("[authority.signal_source]", &format!("{known}\n{more}"))
    };
    let audience = "audience = \"https://authority.acme.example\"";
    let settings = parse(&source(audience), Path::new("/srv")).unwrap().settings;
    let read = &settings.authority.signal_sources;
    assert_eq!((read.len(), read[0].issuer.as_str()), (1, "https://id.acme.example"));
    assert!(read[0].jwks_uri.is_none() && read[0].trust_domain.is_none());
    for (more, path, reason) in [
        ("", "audience", "is missing"),
        ("audience = \"a\"\njwks_uri = \"keys\"", "jwks_uri", "neither https nor http"),
        ("audience = \"a\"\ntrust_domain = \"a/b\"", "trust_domain", "not a trust domain"),
        ("audience = \"a\"\nissuers = \"b\"", "issuers", "is not a key"),
    ] {
        refused(|_| source(more), &format!("authority.signal_source[0].{path}"), reason);
    }
}
