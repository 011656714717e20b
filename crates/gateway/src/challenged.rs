//! Denials of schemes that have words of their own for what was wrong: noted for the answer, so
//! that a client that knows only its scheme is told in it.

use bailiwick_domain::denial::Denial;
use bailiwick_proof::{dpop, wallet};

use crate::asked::Asked;
use crate::asked::facts::Challenge;

/// The denial of a DPoP proof.
pub(crate) fn dpop(refused: dpop::Refused, asked: &Asked) -> Denial {
    asked.facts.note(|known| known.challenge = Some(Challenge::Dpop(Some(refused))));
    refused.into()
}

/// The denial of a wallet's signature.
pub(crate) fn wallet(refused: wallet::Refused, asked: &Asked) -> Denial {
    asked.facts.note(|known| known.challenge = Some(Challenge::Wallet(Some(refused))));
    refused.denial()
}
