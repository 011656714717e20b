//! Bounds on how often anyone may try to come in, so that neither one stranger nor many at once
//! cost more than a look-up. An address is counted before any signature is verified; a key only
//! once it is proven, so that nobody uses up somebody else's tries; a project last.

use std::net::IpAddr;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::denial::{Denial, Exhausted};
use bailiwick_domain::limit::{Limit, Period};
use bailiwick_domain::project::Project;
use bailiwick_store::fast::{Bucket, Reserved, Use};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::refusal::Refusal;

/// What one limit is about; the number keeps its buckets apart from all others.
struct About {
    what: u64,
    policy: &'static str,
    requests: u32,
    period: Period,
}

const V4: About =
    About { what: 0x656e_726f_6c6c_0001, policy: "address", requests: 60, period: Period::Minute };
const V6: About = About { what: 0x656e_726f_6c6c_0002, ..V4 };
const KEY: About =
    About { what: 0x656e_726f_6c6c_0003, policy: "key", requests: 6, period: Period::Minute };
const ASKING: About =
    About { what: 0x656e_726f_6c6c_0004, policy: "project", requests: 600, period: Period::Hour };
/// Apart from those who ask: a wave of strangers keeps nobody out who was invited.
const INVITED: About = About { what: 0x656e_726f_6c6c_0005, requests: 10_000, ..ASKING };

/// Keys that one agent registers itself: what turns keys over needs few.
const OWN_KEY: About =
    About { what: 0x656e_726f_6c6c_0008, policy: "agent", requests: 10, period: Period::Hour };

/// Codes that a person enters which devices show.
const CODE: About =
    About { what: 0x656e_726f_6c6c_0006, policy: "code", requests: 30, period: Period::Hour };
/// What one client asks of one person elsewhere.
const HINT: About =
    About { what: 0x656e_726f_6c6c_0007, policy: "person", requests: 10, period: Period::Hour };

/// Counts one try from an address; of IPv6, from its /64, which is what one host commands
/// (RFC 4291, section 2.5.4).
pub(crate) async fn check_address(authority: &Authority, address: IpAddr) -> Result<(), Refusal> {
    match address.to_canonical() {
        IpAddr::V4(address) => count(authority, u32::from(address).into(), &V4).await,
        IpAddr::V6(address) => count(authority, u128::from(address) >> 64, &V6).await,
    }
}

/// Counts one try by a key that was proven, known by 128 bits of it.
pub(crate) async fn check_key(authority: &Authority, key: u128) -> Result<(), Refusal> {
    count(authority, key, &KEY).await
}

/// Counts one try to come into a project by asking.
pub(crate) async fn check_asking(authority: &Authority, project: &Project) -> Result<(), Refusal> {
    count(authority, project.id.bits(), &ASKING).await
}

/// Counts one try to come into a project with an invite that can be used.
pub(crate) async fn check_invited(authority: &Authority, project: &Project) -> Result<(), Refusal> {
    count(authority, project.id.bits(), &INVITED).await
}

/// Counts one key that an agent registers itself, once both keys are proven.
pub(crate) async fn check_own_key(authority: &Authority, agent: &Agent) -> Result<(), Refusal> {
    count(authority, agent.id.bits(), &OWN_KEY).await
}

/// Counts one code that this person entered, right or wrong.
pub(crate) async fn check_code(authority: &Authority, person: u128) -> Result<(), Refusal> {
    count(authority, person, &CODE).await
}

/// Counts one request of a client to whomever it names, known by 128 bits of both: whether there is
/// such a person makes no difference.
pub(crate) async fn check_hint(authority: &Authority, whose: u128) -> Result<(), Refusal> {
    count(authority, whose, &HINT).await
}

async fn count(authority: &Authority, whose: u128, about: &About) -> Result<(), Refusal> {
    let limit = Limit::new(about.requests, about.period);
    let limit = limit.map_err(|_| Fault::Corrupt("a limit on enrollment"))?;
    let used = Use { bucket: Bucket::of_stranger(whose, about.what), limit };
    match authority.fast.reserve(&[used], authority.now()).await? {
        Reserved::Within { .. } => Ok(()),
        Reserved::Exhausted { retry_after_millis, .. } => {
            Err(Refusal::Denied(Denial::RateLimited(Exhausted {
                policy: about.policy,
                quota: limit.requests(),
                window_seconds: limit.period_seconds(),
                retry_after_seconds: retry_after_millis.div_ceil(1_000),
            })))
        }
    }
}
