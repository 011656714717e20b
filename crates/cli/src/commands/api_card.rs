//! `bailiwick api import --a2a`: the card of an agent, as it is, from those whose keys are known.

use std::path::Path;

use bailiwick_contract::card::{Card, MAX_BYTES};
use bailiwick_domain::a2a::CARD_PATH;
use bailiwick_fetch::{Ask, Client, Guard, Resolver, Unfetched, Url};
use bailiwick_proof::card_signature::{self, CardKeys, Unverified};

use crate::failure::Failure;

/// The media types of a card.
const ACCEPTED: [&str; 2] = ["application/json", "application/a2a+json"];

/// Fetches a card from where an operator says it is, and from nowhere else: no redirect is
/// followed, nor any address that is in the card. With it comes where it was.
pub(crate) async fn fetch(url: &str) -> Result<(String, String), Failure> {
    let usage = |error: Unfetched| Failure::usage(format!("{url}: {error}"));
    let parsed: Url = url.parse().map_err(usage)?;
    let path = |target: &str| target.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let is_card = |target: &str| path(target).rsplit('.').next() == Some("json");
    let place: Url = match parsed.target().contains('?') {
        _ if is_card(parsed.target()) => parsed,
        true => return Err(Failure::usage(format!("{url}: a query is for the URL of a card"))),
        false => format!("{}{CARD_PATH}", url.trim_end_matches('/')).parse().map_err(usage)?,
    };
    // Whoever types an address may ask there, their own networks included.
    let everywhere = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|network| network.parse().ok());
    let guard = Guard { allowed: everywhere.collect(), allow_http: true, ..Guard::default() };
    let client = Client::new(guard, Resolver::system()).map_err(Failure::refused)?;
    let ask = Ask { max_bytes: MAX_BYTES, ..Ask::new(&place, &ACCEPTED) };
    let failed = |error| match error {
        Unfetched::Unreachable | Unfetched::Unresolved | Unfetched::TooSlow => {
            Failure::unreachable(&place.to_string(), error).hint("check that the agent runs there")
        }
        _ => Failure::refused(format!("{place}: {error}")),
    };
    let fetched = client.get(ask).await.map_err(failed)?;
    let text = String::from_utf8(fetched.body);
    let text = text.map_err(|_| Failure::refused(format!("{place}: the answer is not UTF-8")))?;
    Ok((place.to_string(), text))
}

/// Reads the keys that a card is taken from.
pub(crate) fn keys(path: &Path) -> Result<CardKeys, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    CardKeys::read(&text).map_err(|error| failed(&error))
}

/// Whether a card may be taken. One that was fetched and that nobody signs does not say who may
/// call what: that is for whoever imports it to say.
pub(crate) fn check(
    name: &str,
    card: &Card,
    keys: Option<&CardKeys>,
    fetched: bool,
) -> Result<(), Failure> {
    let refused = |reason: &dyn std::fmt::Display| Failure::refused(format!("{name}: {reason}"));
    let checked = card_signature::check(keys, &card.canonical(), card.signatures());
    checked.map_err(|error| match error {
        Unverified::Unpinned => refused(&error).hint(
            "name the public keys of whoever signs it: --card-keys FILE here, and card_keys in \
             its [[api]]; a key that the card itself points to proves nothing",
        ),
        _ => refused(&error),
    })?;
    if fetched && !card.signed && card.instructs() {
        let reason = "the card says who may call its skills, and nobody has signed it";
        return Err(refused(&reason).hint("say so in [[api.operation]], and have that left out"));
    }
    Ok(())
}

/// Writes a card as it is. Anything else that is there is not overwritten.
pub(crate) fn write(card: &str, path: &Path) -> Result<(), Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    match std::fs::read(path) {
        Ok(earlier) if Card::read(&earlier).is_err() => {
            let reason = "is there, and is no card; it is not overwritten";
            return Err(Failure::refused(format!("{} {reason}", path.display())));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&error)),
        Ok(_) | Err(_) => {}
    }
    std::fs::write(path, card).map_err(|error| failed(&error))
}
