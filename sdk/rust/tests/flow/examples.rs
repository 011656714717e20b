//! The examples, as somebody would run them.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use bailiwick_client::{Bootstrap, FileStore, Options, Store, bootstrap};
use tokio::process::Command;

use crate::mcp_server;
use crate::stage::Stage;

/// The built example: it lies beside the folder of this test's own program.
fn example(name: &str) -> Command {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().unwrap().parent().unwrap();
    let program: PathBuf = folder.join("examples").join(name);
    assert!(program.exists(), "{} is built by `cargo test`", program.display());
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn the_cron_agent_enrolls_once_and_the_service_sends_as_it() {
    let stage = Stage::begin().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summarizer.json");
    let with = |mut command: Command| {
        command.env("BAILIWICK_SERVER", &stage.installation.authority);
        command.env("BAILIWICK_INVITE", &stage.invite);
        command.env("AGENT_FILE", &file).env("API", stage.at("/acme"));
        command
    };
    for _ in 0..2 {
        let output = with(example("cron")).output().await.unwrap();
        assert_eq!(said(&output), "200 OK: /tickets/7\n");
    }
    assert!(stage.heard("x-agent-task").unwrap().starts_with("tsk_"));
    let output = with(example("tower")).output().await.unwrap();
    assert_eq!(said(&output), "200 OK\n");
    assert_eq!(stage.heard("x-agent-id").as_deref(), Some("ticket-summarizer"));
    assert_eq!(stage.installation.upstream.seen().len(), 3);
}

/// Enrolls the agent of the examples, and keeps it in this file.
async fn enroll(stage: &Stage, file: &Path) {
    let wanted = stage.wanted("ticket-summarizer", Options::default());
    let store: Option<Arc<dyn Store>> = Some(Arc::new(FileStore::new(file)));
    bootstrap(Bootstrap { store, ..wanted }).await.unwrap();
}

#[tokio::test]
async fn a_client_of_mcp_calls_a_tool_as_the_agent() {
    let server = mcp_server::start().await;
    let operation =
        "[[api.operation]]\nmethod = \"POST\"\npath = \"/mcp\"\nscopes = [\"tickets:read\"]\n";
    let tools = format!(
        "[[api]]\nname = \"tools\"\nprefix = \"/tools\"\nupstream = \"{server}\"\n{operation}"
    );
    let stage = Stage::beside(&tools).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summarizer.json");
    enroll(&stage, &file).await;
    let mut client = example("mcp");
    client.env("AGENT_FILE", &file).env("MCP_URL", stage.at("/tools/mcp"));
    let output = client.output().await.unwrap();
    assert_eq!(said(&output), "count_tickets\n3 open for ticket-summarizer\n");
    stage.change("agents/ticket-summarizer/suspend").await;
    let refused = client.output().await.unwrap();
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && errors.contains("agent_suspended"), "{errors}");
}

#[tokio::test]
async fn a_tool_tells_the_model_what_the_gateway_refuses() {
    let stage = Stage::begin().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summarizer.json");
    enroll(&stage, &file).await;
    let mut tool = example("tool");
    tool.env("AGENT_FILE", &file).env("API", stage.at("/acme"));
    assert_eq!(said(&tool.output().await.unwrap()), "/tickets/7\n");
    assert_eq!(stage.heard("x-agent-id").as_deref(), Some("ticket-summarizer"));
    stage.change("agents/ticket-summarizer/suspend").await;
    let refused = said(&tool.output().await.unwrap());
    assert!(refused.starts_with("agent_suspended: "), "{refused}");
    assert_eq!(stage.installation.upstream.seen().len(), 1);
}

#[test]
fn every_example_is_short() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let lengths = files.map(|file| std::fs::read_to_string(file).unwrap().lines().count());
    let lengths: Vec<usize> = lengths.collect();
    assert!(lengths.len() == 4 && lengths.iter().all(|it| *it < 40), "{lengths:?}");
}
