//! Petitions by a code that a device shows (RFC 8628).

use std::net::IpAddr;

use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::petitions::{Channel, Petition};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::authorize::parameters::Parameters;
use crate::clients::requester::Requester;
use crate::enroll::limits;
use crate::fault::Fault;
use crate::people::session::SignedIn;
use crate::petitions::asked::{self, INTERVAL_SECONDS, Unasked};
use crate::petitions::user_code;
use crate::refusal::Refusal;

/// How long the person has, in seconds: the code is short, so no longer than it takes to fetch a
/// telephone and sign in (RFC 8628, section 5.1).
pub(crate) const SECONDS: u32 = 900;

/// A petition that was made.
pub(crate) struct Begun {
    /// What the device comes back with; known here and nowhere else.
    pub(crate) device_code: Zeroizing<String>,
    /// What it shows.
    pub(crate) user_code: String,
}

/// Keeps what this client asks for.
pub(crate) async fn begin(
    authority: &Authority,
    requester: &Requester,
    parameters: &Parameters,
) -> Result<Begun, Unasked> {
    asked::read(authority, requester, Channel::Device, parameters)?;
    let now = authority.now();
    let (device_code, digest) = opaque::fresh(Opens::Device, &authority.entropy);
    let user_code = user_code::fresh(&authority.entropy);
    let petition = Petition {
        digest,
        channel: Channel::Device,
        client: requester.registration.client_id(),
        parameters: parameters.write(),
        user_code: Some(user_code::digest(&user_code)),
        person: None,
        created_at: now,
        expires_at: now.plus_seconds(i64::from(SECONDS)),
        interval_seconds: INTERVAL_SECONDS,
        polled_at: None,
        decided: None,
        used_at: None,
        notification: None,
        pings: 0,
    };
    keep(authority, &petition).await?;
    Ok(Begun { device_code, user_code })
}

/// Two open petitions with one code are refused by the store: the client asks again.
async fn keep(authority: &Authority, petition: &Petition) -> Result<(), Fault> {
    let mut tx = authority.store.begin_append().await?;
    tx.petitions().insert(petition).await?;
    tx.save().await?;
    Ok(())
}

/// The open petition whose code this person entered; nothing when there is none. Each try counts,
/// whether it hits or not: of the person, however often they sign in, and of their address
/// (RFC 8628, section 5.1).
pub(crate) async fn find(
    authority: &Authority,
    (signed_in, address): (&SignedIn, IpAddr),
    entered: &str,
) -> Result<Option<Petition>, Refusal> {
    limits::check_address(authority, address).await?;
    limits::check_code(authority, signed_in.person.id.bits()).await?;
    let Some(code) = user_code::read(entered) else { return Ok(None) };
    let mut tx = authority.store.read().await?;
    Ok(tx.petitions().find_by_code(&user_code::digest(&code), authority.now()).await?)
}
