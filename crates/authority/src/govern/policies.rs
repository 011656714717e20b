//! Policies: what is in force, and what was; put in force by administrators, each version whole.

use std::fmt::Write;

use bailiwick_policy::engine::Engine;
use bailiwick_policy::shipped::SHIPPED;
use bailiwick_policy::source::{Problems, Source};
use bailiwick_proof::opaque::sha256;
use bailiwick_store::policies::PolicyVersion;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::refusal::Refusal;

/// The most versions that are listed.
const LISTED: u32 = 100;
/// The most problems that a refusal names.
const NAMED: usize = 20;

/// A version, or the shipped policies.
#[derive(Debug)]
pub(crate) enum Version {
    /// The shipped policies, version 0.
    Shipped,
    /// One that was put in force.
    Stored(PolicyVersion),
}

impl Version {
    /// Its number.
    pub(crate) fn number(&self) -> i64 {
        match self {
            Self::Shipped => 0,
            Self::Stored(version) => version.number,
        }
    }
}

/// The versions, the newest first, which is the one in force; the shipped one last.
pub(crate) async fn list(authority: &Authority) -> Result<Vec<Version>, Refusal> {
    let stored = authority.store.read().await?.policies().list(LISTED).await?;
    Ok(stored.into_iter().map(Version::Stored).chain([Version::Shipped]).collect())
}

/// The version with this number, and whether it is in force.
pub(crate) async fn find(authority: &Authority, number: i64) -> Result<(Version, bool), Refusal> {
    let mut tx = authority.store.read().await?;
    let newest = tx.policies().newest().await?.map_or(0, |newest| newest.number);
    let version = match number {
        0 => Some(Version::Shipped),
        _ => tx.policies().find(number).await?.map(Version::Stored),
    };
    Ok((version.ok_or(Refusal::NotFound("version of the policies"))?, number == newest))
}

/// Puts policies in force, if they hold against the schema, strictly: from the next request on, at
/// every gateway, and all at once.
pub(crate) async fn activate(
    authority: &Authority,
    text: String,
    because: String,
    by: &str,
) -> Result<PolicyVersion, Refusal> {
    let text = validated(text).await?;
    let mut tx = authority.store.begin().await?;
    let newest = tx.policies().newest().await?.map_or(0, |newest| newest.number);
    let version = PolicyVersion {
        number: newest.saturating_add(1),
        digest: digest(&text),
        text,
        activated_at: authority.now(),
        activated_by: by.to_owned(),
        because,
    };
    tx.policies().insert(&version).await?;
    effect::save(tx).await?;
    let PolicyVersion { number, because, .. } = &version;
    tracing::info!(number, by, because, "other policies are in force");
    Ok(version)
}

/// A large set takes a while to validate: not on a thread that others wait for.
async fn validated(text: String) -> Result<String, Refusal> {
    let validate = move || {
        let read = Engine::read(&[Source { name: "policies", text: &text }]);
        read.map(|_| text)
    };
    let done = tokio::task::spawn_blocking(validate).await;
    let done = done.map_err(|_| Fault::Corrupt("a validation broke off"))?;
    done.map_err(|problems| Refusal::Malformed(named(&problems)))
}

fn named(Problems(problems): &Problems) -> String {
    let named: Vec<String> = problems.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match problems.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("{}{more}", named.join("; "))
}

/// The shipped policies as one text.
pub(crate) fn shipped() -> String {
    SHIPPED.map(|source| source.text).join("\n")
}

/// The SHA-256 of a text, in lower-case hexadecimal digits.
pub(crate) fn digest(text: &str) -> String {
    sha256(text.as_bytes()).iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
