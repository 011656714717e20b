//! A cron agent: enrolls at its first run, and from then on takes its identity out of a file.
//!   `BAILIWICK_SERVER=… BAILIWICK_INVITE=bwi_… API=… cargo run --example cron`
#![expect(clippy::disallowed_methods, reason = "a program reads its environment")]

use std::env::{VarError, var};
use std::sync::Arc;

use bailiwick_client::{Bootstrap, Entry, Error, FileStore, bootstrap};
use bailiwick_client::{BoxError, Task, TaskOptions};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let file = var("AGENT_FILE").or_else(|_| Ok::<_, VarError>("summarizer.json".to_owned()))?;
    let agent = bootstrap(Bootstrap {
        server: var("BAILIWICK_SERVER")?,
        entry: Entry::Invite(var("BAILIWICK_INVITE")?),
        name: "ticket-summarizer".to_owned(),
        owner: "support@acme.example".to_owned(),
        purpose: "sums up open tickets every morning".to_owned(),
        store: Some(Arc::new(FileStore::new(file))),
        ..Bootstrap::default()
    })
    .await?;

    let ticket = format!("{}/tickets/7", var("API")?);
    // Closed when it ends, however it ends: nothing that was got for it is good after that.
    let summary = async |task: Task| {
        let answer = task.get(&*ticket).await?;
        Ok::<_, Error>((answer.status(), answer.text().await.unwrap_or_default()))
    };
    let morning = TaskOptions::new("morning summary").scopes(["tickets:read"]);
    match agent.task(morning, summary).await {
        Ok((status, text)) => println!("{status}: {text}"),
        // What it is, and what to do: a refusal by its code, its hint and its missing scopes.
        Err(Error::Denied(denial)) => eprintln!("{denial}; {:?}", denial.missing_scopes),
        Err(failed) => return Err(failed.into()),
    }
    Ok(())
}
