//! Going on by hand: everything stays up until Ctrl-C.

use serde_json::json;

use super::cast::Cast;
use super::page::Page;
use super::stage::Stage;
use crate::failure::Failure;
use crate::keyfile;
use crate::stop::Stop;

/// Says how to go on, and waits for Ctrl-C.
pub(super) async fn wait(stage: &Stage, cast: &Cast, page: &Page) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let directory = stage.directory();
    for agent in [&cast.summarizer, &cast.processor, &cast.exporter] {
        keyfile::write(&directory.join(format!("{}.jwk", agent.name)), &agent.key)?;
    }
    let gateway = format!("http://{}", stage.gateway());
    let value = json!({
        "event": "kept", "gateway": gateway, "authority": stage.issuer(),
        "admin_token": *stage.admin_token, "directory": directory.display().to_string(),
    });
    page.section("Still running", "Ctrl-C ends it and removes its directory");
    page.value(&value, || {
        format!(
            "  export BAILIWICK_URL={} BAILIWICK_TOKEN={}\n  \
             bailiwick fetch --key {}/refund-processor.jwk --agent refund-processor \\\n      \
             {gateway}/tickets\n  \
             bailiwick agent list\n  \
             bailiwick audit search --outcome denied\n  \
             bailiwick audit verify --dir {}",
            stage.issuer(),
            *stage.admin_token,
            directory.display(),
            stage.ledger().display(),
        )
    });
    stop.asked().await;
    Ok(())
}
