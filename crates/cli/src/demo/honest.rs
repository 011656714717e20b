//! Honest work: what each agent was made for.

use serde_json::{Value, json};

use super::agent::Agent;
use super::call::Call;
use super::cast::Cast;
use super::exchange::Prepared;
use super::play::Play;
use super::stage::Stage;
use super::verdict::{Expected, Step};
use crate::failure::Failure;
use crate::form;
use crate::signed::{self, Moment, Signer, Target};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;

/// What honest work leaves behind, and what attackers get hold of.
pub(super) struct Earlier {
    /// A refund as it was sent, signature and all.
    pub(super) refund: Prepared,
    /// An access token of the refund processor.
    pub(super) token: String,
}

/// Plays the honest part.
pub(super) async fn perform(play: &mut Play<'_>, cast: &Cast) -> Result<Earlier, Failure> {
    play.page.section("Honest work", "signed with the agent's own key; some with a token as well");
    read_tickets(play, &cast.summarizer).await?;
    let earlier = give_refunds(play, &cast.processor).await?;
    export(play, &cast.exporter).await?;
    Ok(earlier)
}

async fn read_tickets(play: &mut Play<'_>, agent: &Agent) -> Result<(), Failure> {
    let call = Call::get("/tickets").query("status=open");
    ask(play, agent, call, "lists the open tickets").await?;
    let call = Call::get("/tickets/1042");
    ask(play, agent, call, "reads one").await?;
    let token = mint(agent, "tickets:read", play.stage).await?;
    let call = Call::get("/tickets/1043").with_token(&token)?;
    ask(play, agent, call, "reads another, with a token bound to its key").await.map(drop)
}

async fn give_refunds(play: &mut Play<'_>, agent: &Agent) -> Result<Earlier, Failure> {
    ask(play, agent, Call::get("/tickets/1042"), "looks at the complaint").await?;
    let order = refund(1042, 1_900);
    let refund_call = Call::post("/refunds", &order).signed(agent, play.stage)?;
    let step = Step {
        caller: agent.name,
        story: "gives 19.00 back; the signature covers the body",
        expected: Expected::Allowed(201),
    };
    play.step(step, &refund_call).await?;
    let token = mint(agent, "tickets:read refunds:read refunds:write", play.stage).await?;
    let call = Call::post("/refunds", &refund(1043, 6_400)).with_token(&token)?;
    let call = call.signed(agent, play.stage)?;
    let step = Step {
        caller: agent.name,
        story: "gives 64.00 back, with a token bound to its key",
        expected: Expected::Allowed(201),
    };
    play.step(step, &call).await?;
    Ok(Earlier { refund: refund_call, token })
}

async fn export(play: &mut Play<'_>, agent: &Agent) -> Result<(), Failure> {
    ask(play, agent, Call::get("/customers/7"), "reads one customer").await?;
    let token = mint(agent, "customers:export", play.stage).await?;
    let call = Call::get("/exports/customers").with_token(&token)?;
    ask(play, agent, call, "exports all of them, as CSV").await.map(drop)
}

async fn ask(play: &mut Play<'_>, agent: &Agent, call: Call, story: &str) -> Result<(), Failure> {
    let prepared = call.signed(agent, play.stage)?;
    let step = Step { caller: agent.name, story, expected: Expected::Allowed(200) };
    play.step(step, &prepared).await.map(drop)
}

/// A refund as the API takes it.
pub(super) fn refund(ticket: u32, amount_cents: u32) -> Value {
    json!({ "ticket": ticket, "amount_cents": amount_cents, "reason": "broken on arrival" })
}

/// An access token, asked for with a request that the agent's key signs.
async fn mint(agent: &Agent, scope: &str, stage: &Stage) -> Result<String, Failure> {
    let grant = ("grant_type", "client_credentials".to_owned());
    let body = form::encode(&[grant, ("scope", scope.to_owned())]);
    let url = Url::parse(&format!("{}/oauth/token", stage.issuer())).map_err(Failure::refused)?;
    let mut headers = HeaderMap::new();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert("content-type", form);
    let target = Target::of(Method::POST, &url);
    let moment = Moment::starting(stage.sources.clock.now(), &stage.sources.entropy);
    signed::sign(&target, &mut headers, body.as_bytes(), Signer::own(&agent.key), &moment)?;
    let mut request = reqwest::Request::new(Method::POST, url);
    *request.headers_mut() = headers;
    *request.body_mut() = Some(body.into());
    let answer = stage.client.execute(request).await?;
    let token = answer.get("access_token").and_then(Value::as_str);
    token.map(str::to_owned).ok_or_else(|| Failure::refused("the authority issued no token"))
}
