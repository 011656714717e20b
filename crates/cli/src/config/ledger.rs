//! `[ledger]`: how much the record survives, and what it is called.

use bailiwick_store::journal::Durability;

use super::section::Section;

/// The record of every request.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// What a record survives before the request is forwarded.
    pub durability: Durability,
    /// The log's name in its checkpoints (C2SP tlog-checkpoint, "origin line").
    pub origin: String,
}

const DURABILITY: &str = "\"process\" (survives a kill) or \"disk\" (survives a power loss)";
const ORIGIN: &str = "a name like \"acme.example/ledger\": no spaces, no plus sign";

pub(super) fn read(section: &mut Section<'_>, domain: Option<&str>) -> Option<LedgerSettings> {
    let durability = match section.text("durability", "process", DURABILITY).as_str() {
        "process" => Some(Durability::Process),
        "disk" => Some(Durability::Disk),
        other => {
            let reason = format!("`{other}` is nothing a record can survive");
            section.refuse("durability", reason, format!("write {DURABILITY}"));
            None
        }
    };
    let default = format!("{}/ledger", domain.unwrap_or("unnamed"));
    let origin = section.text("origin", &default, ORIGIN);
    let graphic = |byte: u8| byte.is_ascii_graphic() && byte != b'+';
    if origin.is_empty() || origin.len() > 200 || !origin.bytes().all(graphic) {
        section.refuse("origin", "cannot name a log", format!("write {ORIGIN}"));
        return None;
    }
    Some(LedgerSettings { durability: durability?, origin })
}
