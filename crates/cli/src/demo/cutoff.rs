//! Cut off: what an operator changes holds for the very next request.

use serde_json::json;

use super::agent::Agent;
use super::call::Call;
use super::cast::Cast;
use super::honest::{Earlier, refund};
use super::play::Play;
use super::verdict::{Expected, Step};
use crate::failure::Failure;

/// Plays the operator, and what comes of it.
pub(super) async fn perform(
    play: &mut Play<'_>,
    cast: &Cast,
    earlier: &Earlier,
) -> Result<(), Failure> {
    play.page.section("Cut off", "what an operator changes holds for the next request");
    narrow(play, &cast.processor, earlier).await?;
    suspend(play, &cast.exporter).await?;
    revoke(play, &cast.summarizer).await
}

async fn narrow(play: &mut Play<'_>, agent: &Agent, earlier: &Earlier) -> Result<(), Failure> {
    let path = format!("/api/v1/agents/{}", agent.id);
    let scopes = ["tickets:read", "refunds:read"];
    play.stage.client.patch(&path, &json!({ "scopes": scopes })).await?;
    play.page.operator("takes refunds:write from refund-processor");
    let call = Call::post("/refunds", &refund(1044, 8_990)).with_token(&earlier.token)?;
    let call = call.signed(agent, play.stage)?;
    let step = Step {
        caller: agent.name,
        story: "its token still says refunds:write",
        expected: Expected::Refused(403, "scope_missing"),
    };
    play.step(step, &call).await?;
    let call = Call::get("/refunds").signed(agent, play.stage)?;
    let step =
        Step { caller: agent.name, story: "may still read", expected: Expected::Allowed(200) };
    play.step(step, &call).await.map(drop)
}

async fn suspend(play: &mut Play<'_>, agent: &Agent) -> Result<(), Failure> {
    let path = format!("/api/v1/agents/{}", agent.id);
    let call = || Call::get("/customers/8").signed(agent, play.stage);
    let (first, second) = (call()?, call()?);
    play.stage.client.post(&format!("{path}/suspend"), &json!({})).await?;
    play.page.operator("suspends pii-exporter");
    let expected = Expected::Refused(403, "agent_suspended");
    play.step(Step { caller: agent.name, story: "while suspended", expected }, &first).await?;
    play.stage.client.post(&format!("{path}/resume"), &json!({})).await?;
    play.page.operator("resumes pii-exporter");
    let expected = Expected::Allowed(200);
    play.step(Step { caller: agent.name, story: "back at work", expected }, &second).await.map(drop)
}

async fn revoke(play: &mut Play<'_>, agent: &Agent) -> Result<(), Failure> {
    play.stage.client.delete(&format!("/api/v1/credentials/{}", agent.key_id)).await?;
    play.page.operator("revokes the key of ticket-summarizer");
    let call = Call::get("/tickets").query("status=open").signed(agent, play.stage)?;
    let expected = Expected::Refused(401, "credential_revoked");
    let step = Step { caller: agent.name, story: "the same call as this morning", expected };
    play.step(step, &call).await.map(drop)
}
