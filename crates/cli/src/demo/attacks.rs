//! Attacks: what someone tries who has seen the traffic, stolen a token, or bent a request.

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::SigningKey;
use http::Method;

use super::call::Call;
use super::cast::Cast;
use super::exchange::Prepared;
use super::honest::{Earlier, refund};
use super::play::Play;
use super::verdict::{Expected, Step};
use crate::failure::Failure;
use crate::signed::Signer;

/// What to call someone who proved nothing.
const IMPOSTOR: &str = "an impostor";

/// Plays the attacks.
pub(super) async fn perform(
    play: &mut Play<'_>,
    cast: &Cast,
    earlier: &Earlier,
) -> Result<(), Failure> {
    play.page.section("Attacks", "✘ is a refusal: what was tried, and what the gateway answered");
    forge(play, cast).await?;
    steal(play, cast, earlier).await?;
    bend(play, cast, earlier).await?;
    overreach(play, cast).await?;
    flood(play, cast).await
}

/// With no key that counts.
async fn forge(play: &mut Play<'_>, cast: &Cast) -> Result<(), Failure> {
    let call = Call::get("/tickets").saying_to_be("ticket-summarizer").unsigned();
    refuse(play, IMPOSTOR, "a name and no proof", &call, (401, "credential_missing")).await?;
    let own = SigningKey::generate(Algorithm::Ed25519, &play.stage.sources.entropy);
    let own = own.map_err(Failure::refused)?;
    let stolen = Signer { key: &own, keyid: cast.processor.key.thumbprint() };
    let call = Call::post("/refunds", &refund(1044, 8_990)).signed_as(stolen, play.stage)?;
    refuse(play, IMPOSTOR, "stolen key id, own key", &call, (401, "signature_invalid")).await?;
    let call = Call::get("/tickets").signed_as(Signer::own(&own), play.stage)?;
    refuse(play, IMPOSTOR, "a key nobody knows", &call, (401, "credential_unknown")).await
}

/// With what was seen or taken on the way.
async fn steal(play: &mut Play<'_>, cast: &Cast, earlier: &Earlier) -> Result<(), Failure> {
    let replay = &earlier.refund;
    refuse(play, IMPOSTOR, "replay of a refund", replay, (401, "nonce_replayed")).await?;
    let order = refund(1044, 8_990);
    let bare = Call::post("/refunds", &order).with_token(&earlier.token)?.unsigned();
    refuse(play, IMPOSTOR, "stolen token, no key", &bare, (401, "proof_missing")).await?;
    let other = Call::post("/refunds", &order).with_token(&earlier.token)?;
    let other = other.signed(&cast.summarizer, play.stage)?;
    let name = cast.summarizer.name;
    refuse(play, name, "another agent's token", &other, (401, "proof_missing")).await
}

/// With a request changed after it was signed, or kept for later.
async fn bend(play: &mut Play<'_>, cast: &Cast, earlier: &Earlier) -> Result<(), Failure> {
    let processor = &cast.processor;
    let mut call = Call::post("/refunds", &refund(1042, 100)).signed(processor, play.stage)?;
    call.body = refund(1042, 900).to_string().into_bytes();
    let name = processor.name;
    refuse(play, name, "tampered body: 1.00 becomes 9.00", &call, (401, "digest_mismatch")).await?;
    let mut call = earlier.refund.clone();
    call.target.push_str("?approve=all");
    refuse(play, name, "a query added on the way", &call, (401, "signature_coverage")).await?;
    let long_ago = play.stage.sources.clock.now().plus_seconds(-300);
    let own = Signer::own(&processor.key);
    let call = Call::get("/refunds").signed_at(long_ago, own, play.stage)?;
    refuse(play, name, "signed five minutes ago", &call, (401, "signature_expired")).await
}

/// With an honest key, beyond what it may.
async fn overreach(play: &mut Play<'_>, cast: &Cast) -> Result<(), Failure> {
    let agent = &cast.summarizer;
    let name = agent.name;
    let call = Call::get("/customers/7").signed(agent, play.stage)?;
    refuse(play, name, "outside its scope", &call, (403, "scope_missing")).await?;
    let call = Call::post("/refunds", &refund(1044, 8_990)).saying_to_be("refund-processor");
    let call = call.signed(agent, play.stage)?;
    refuse(play, name, "X-Agent-ID that lies", &call, (401, "agent_mismatch")).await?;
    let call = Call::get("/tickets/../customers/7").signed(agent, play.stage)?;
    refuse(play, name, "path trick", &call, (400, "request_malformed")).await?;
    let call = Call::new(Method::DELETE, "/customers/7").signed(&cast.exporter, play.stage)?;
    let name = cast.exporter.name;
    refuse(play, name, "operation nobody described", &call, (403, "operation_unknown")).await
}

/// With an honest key, too often: the export may be called three times a minute.
async fn flood(play: &mut Play<'_>, cast: &Cast) -> Result<(), Failure> {
    let agent = &cast.exporter;
    for number in 2..=5 {
        let call = Call::get("/exports/customers").signed(agent, play.stage)?;
        let expected = match number {
            2 | 3 => Expected::Allowed(200),
            _ => Expected::Refused(429, "rate_limited"),
        };
        let story = format!("flood: export {number} of 3 a minute");
        play.step(Step { caller: agent.name, story: &story, expected }, &call).await?;
    }
    Ok(())
}

async fn refuse(
    play: &mut Play<'_>,
    caller: &'static str,
    story: &str,
    call: &Prepared,
    (status, code): (u16, &'static str),
) -> Result<(), Failure> {
    let expected = Expected::Refused(status, code);
    play.step(Step { caller, story, expected }, call).await.map(drop)
}
