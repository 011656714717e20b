//! The demonstration: a cast of three agents, a stage of sample API, authority and gateway, honest
//! work, attacks, and the ledger of it all. Every request is HTTP over loopback.
//!
//! Start reading at `honest`, `attacks` and `cutoff`: the scripts.

mod agent;
mod attacks;
mod call;
mod cast;
mod cutoff;
mod exchange;
mod honest;
mod keep;
mod ledger;
mod page;
mod play;
mod stage;
mod tally;
mod verdict;

use crate::failure::Failure;
use crate::invocation::Invocation;

use page::Page;
use play::Play;
use stage::Stage;

/// Plays it, and says whether every verdict was the expected one.
pub(crate) async fn run(keep: bool, invocation: &Invocation) -> Result<(), Failure> {
    let page = Page::new(invocation.output);
    let stage = Stage::set(invocation).await?;
    page.opening(&stage);
    let cast = cast::enroll(&stage, &page).await?;
    let mut play = Play::new(&stage, &page);
    let earlier = honest::perform(&mut play, &cast).await?;
    attacks::perform(&mut play, &cast, &earlier).await?;
    cutoff::perform(&mut play, &cast, &earlier).await?;
    let tally = play.tally();
    let failed = tally.say(&stage, &page);
    let ledger = ledger::audit(&stage, &tally, &page).await;
    if keep {
        keep::wait(&stage, &cast, &page).await?;
    }
    stage.strike().await;
    ledger?;
    match failed {
        0 => Ok(()),
        _ => Err(Failure::refused("not everything ended as expected")),
    }
}
