//! What an API and its operations may say.

use bailiwick_domain::api::Kind;
use bailiwick_domain::operation::{ApprovalRule, Sensitivity};

use super::*;

#[test]
fn how_sensitive_an_operation_is_and_who_agrees_to_it_are_words_of_a_list() {
    for line in [
        "sensitivity = \"secret\"",
        "approval = \"sometimes\"",
        "approval = true",
        "approvers = 0",
        "approvers = 3",
        "approvers = \"two\"",
    ] {
        let key = format!("api[0].operation[0].{}", line.split_once(' ').unwrap().0);
        refused(|good| format!("{good}{line}\n"), &key, "");
    }
    let said = "sensitivity = \"restricted\"\napproval = \"always\"\napprovers = 2\n";
    let read = read(&format!("{GOOD}{said}")).unwrap().settings;
    let operation = &read.apis[0].operations[0];
    assert_eq!(operation.sensitivity, Sensitivity::Restricted);
    assert_eq!((operation.approval, operation.approvers), (ApprovalRule::Always, 2));
}

#[test]
fn the_description_of_an_api_is_a_file_and_how_it_is_enforced_a_word() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.yaml"), "openapi: 3.1.0\n").unwrap();
    let said = in_api("openapi = \"a.yaml\"\ncontract = \"observe\"");
    let read = parse(&said, directory.path()).unwrap().settings;
    assert_eq!(read.apis[0].description.as_deref(), Some(&*directory.path().join("a.yaml")));
    assert_eq!(read.apis[0].contract, Enforcement::Observe);
    for (line, key) in [
        ("openapi = \"nowhere.yaml\"", "api[0].openapi"),
        ("contract = \"maybe\"", "api[0].contract"),
        ("contract = true", "api[0].contract"),
    ] {
        refused(|_| in_api(line), key, "");
    }
}

/// An API of MCP, with a catalog beside the configuration.
const MCP: &str = r#"
trust_domain = "acme.example"

[[api]]
name = "acme"
kind = "mcp"
prefix = "/acme"
upstream = "http://127.0.0.1:9000/mcp"
tools = "acme.mcp.json"

[[api.operation]]
tool = "search"
scopes = ["acme:search"]

[[api.operation]]
resource = "file:///docs/{name}"
scopes = ["docs:read"]

[[api.operation]]
prompt = "greet"
scopes = []
"#;

#[test]
fn a_server_of_mcp_is_an_endpoint_with_a_catalog_and_what_it_offers_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = directory.path().join("acme.mcp.json");
    std::fs::write(&catalog, "{}").unwrap();
    let settings = parse(MCP, directory.path()).unwrap().settings;
    let api = settings.apis[0].resolve("http://127.0.0.1:8700");
    assert_eq!((api.kind, api.described), (Kind::Mcp, true));
    assert_eq!(api.upstream, "http://127.0.0.1:9000/mcp");
    assert_eq!(settings.apis[0].description.as_deref(), Some(&*catalog));
    let names: Vec<String> = api.operations.iter().map(ToString::to_string).collect();
    let expected = ["tools/call search", "resources/read file:///docs/{name}", "prompts/get greet"];
    assert_eq!(names, expected);
    for (from, to, path) in [
        ("kind = \"mcp\"", "kind = \"grpc\"", "api[0].kind"),
        ("kind = \"mcp\"", "", "api[0].upstream"),
        ("tools = \"acme.mcp.json\"", "", "api[0].tools"),
        ("tools = \"acme.mcp.json\"", "tools = \"nowhere.json\"", "api[0].tools"),
        ("tools = \"acme.mcp.json\"", "openapi = \"acme.mcp.json\"", "api[0].openapi"),
        ("tools = ", "openapi = \"acme.mcp.json\"\ntools = ", "api[0].openapi"),
        ("9000/mcp", "9000/mcp?key=1", "api[0].upstream"),
        ("tool = \"search\"", "tool = \"a b\"", "api[0].operation"),
        ("tool = \"search\"", "tool = 7", "api[0].operation[0].tool"),
        ("tool = \"search\"", "", "api[0].operation[0].tool"),
        ("tool = \"search\"", "method = \"GET\"\npath = \"/a\"", "api[0].operation[0].path"),
        ("tool = \"search\"", "tool = \"a\"\nprompt = \"b\"", "api[0].operation[0].prompt"),
        ("prompt = \"greet\"", "tool = \"search\"", "api[0].operation"),
        ("prompt = \"greet\"", "resource = \"file:///docs/{id}\"", "api[0].operation"),
        ("prompt = \"greet\"", "resource = \"docs\"", "api[0].operation"),
    ] {
        let problems = parse(&MCP.replace(from, to), directory.path()).expect_err(to);
        assert!(problems.iter().any(|it| it.path == path), "{to}: {path}\n{problems}");
        assert!(problems.iter().all(|it| !it.hint.is_empty()), "{problems}");
    }
    let tools = in_api("tools = \"acme.mcp.json\"");
    let problems = parse(&tools, directory.path()).unwrap_err();
    assert!(problems.iter().any(|it| it.path == "api[0].tools"), "{problems}");
    refused(|good| good + "tool = \"search\"\n", "api[0].operation[0].tool", "not a key");
}

/// An API of A2A, with a card and keys beside the configuration.
const A2A: &str = r#"
trust_domain = "acme.example"

[[api]]
name = "planner"
kind = "a2a"
prefix = "/planner"
upstream = "http://127.0.0.1:9000"
card = "planner.card.json"
card_keys = "planner.jwks.json"

[[api.operation]]
skill = "route"
scopes = ["routes:plan"]

[[api.operation]]
method = "GetTask"
scopes = []
"#;

#[test]
fn an_agent_is_an_origin_with_a_card_and_its_skills_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let keys = r#"{"keys":[{"kid":"a","kty":"OKP","crv":"Ed25519",
        "x":"JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}]}"#;
    for (file, text) in
        [("planner.card.json", "{}"), ("planner.jwks.json", keys), ("none.json", "{\"keys\":[]}")]
    {
        std::fs::write(directory.path().join(file), text).unwrap();
    }
    let settings = parse(A2A, directory.path()).unwrap().settings;
    let api = settings.apis[0].resolve("http://127.0.0.1:8700");
    assert_eq!((api.kind, api.described), (Kind::A2a, true));
    assert!(settings.apis[0].card_keys.is_some());
    let names: Vec<String> = api.operations.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["SendMessage route", "GetTask"]);
    let unpinned = A2A.replace("card_keys = \"planner.jwks.json\"", "");
    assert!(parse(&unpinned, directory.path()).unwrap().settings.apis[0].card_keys.is_none());
    for (from, to, path) in [
        ("kind = \"a2a\"", "kind = \"http\"", "api[0].card"),
        ("kind = \"a2a\"", "kind = \"http\"", "api[0].card_keys"),
        ("127.0.0.1:9000", "127.0.0.1:9000/a2a/v1", "api[0].upstream"),
        ("card = \"planner.card.json\"", "", "api[0].card"),
        ("card = \"planner.card.json\"", "tools = \"planner.card.json\"", "api[0].tools"),
        ("planner.jwks.json", "nowhere.json", "api[0].card_keys"),
        ("planner.jwks.json", "none.json", "api[0].card_keys"),
        ("planner.jwks.json", "planner.card.json", "api[0].card_keys"),
        ("skill = \"route\"", "skill = \"*\"", "api[0].operation"),
        ("skill = \"route\"", "skill = \"a b\"", "api[0].operation"),
        ("skill = \"route\"", "", "api[0].operation[0].skill"),
        ("skill = \"route\"", "skill = \"a\"\nmethod = \"GetTask\"", "api[0].operation[0].method"),
        ("skill = \"route\"", "skill = \"a\"\npath = \"/a\"", "api[0].operation[0].path"),
        ("method = \"GetTask\"", "method = \"SendMessage\"", "api[0].operation"),
        ("method = \"GetTask\"", "method = \"GET\"", "api[0].operation"),
        ("method = \"GetTask\"", "skill = \"route\"", "api[0].operation"),
    ] {
        let problems = parse(&A2A.replace(from, to), directory.path()).expect_err(to);
        assert!(problems.iter().any(|it| it.path == path), "{to}: {path}\n{problems}");
        assert!(problems.iter().all(|it| !it.hint.is_empty()), "{problems}");
    }
}

#[test]
fn a_limit_of_an_operation_has_to_be_one() {
    refused(|good| good + "limit = \"lots\"\n", "api[0].operation[0].limit", "not a limit");
    refused(|good| good + "limit = \"0/min\"\n", "api[0].operation[0].limit", "not a limit");
    refused(|good| good + "limit = 30\n", "api[0].operation[0].limit", "integer");
    let limited = read(&format!("{GOOD}limit = \"30/min\"\n")).unwrap().settings;
    assert_eq!(limited.apis[0].operations[0].limit.unwrap().requests(), 30);
}
