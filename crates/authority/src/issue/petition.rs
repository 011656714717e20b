//! The grants by which a client comes back, again and again, for what a person decides elsewhere:
//! the device code (RFC 8628, section 3.4) and CIBA's (CIBA Core 1.0, section 10.1).

use bailiwick_domain::client::GrantType;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;
use bailiwick_store::petitions::{Allowed, Channel, Petition};

use crate::authority::Authority;
use crate::clients::find;
use crate::govern::effect;
use crate::issue::consented::{self, Consented};
use crate::issue::form::Form;
use crate::issue::mint::Issued;
use crate::issue::party;
use crate::issue::refused::Refused;
use crate::issue::under::{self, NOT_GOOD, Sender};
use crate::prove::Received;

/// The name of the device code grant.
pub(crate) const DEVICE: &str = GrantType::DeviceCode.as_str();
/// The name of CIBA's grant.
pub(crate) const BACKCHANNEL: &str = GrantType::Backchannel.as_str();
/// How much longer a client waits that came too early, in seconds (RFC 8628, section 3.5).
const SLOWER_SECONDS: u32 = 5;

/// Decides a token request: not yet, no, or what the person allowed, once. That is one transaction;
/// what comes a second time ends what it gave, whoever brings it.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
    channel: Channel,
) -> Result<Issued, Refused> {
    check_stranger(authority, form, channel).await?;
    let party = party::for_grant(authority, received, form, grant_of(channel)).await?;
    let digest = digest(form, channel)?;
    let sender = Sender::find(authority, received, &party).await?;
    let client_id = party.registration.client_id();
    let own = |it: &Petition| it.channel == channel && it.client == client_id;
    let found = authority.store.read().await?.petitions().find(&digest).await?;
    if let Some(open) = found.filter(|it| own(it) && it.decided.is_none()) {
        return Err(wait(authority, &open).await?);
    }
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let petition = tx.petitions().find(&digest).await?.ok_or(NOT_GOOD)?;
    let allowed = petition.decided.as_ref().and_then(|it| it.allowed.clone());
    if let (Some(_), Some(allowed)) = (petition.used_at, &allowed) {
        under::end(authority, &mut tx, allowed.grant, TWICE).await?;
        effect::save(tx).await?;
        return Err(NOT_GOOD);
    }
    if !own(&petition) {
        return Err(NOT_GOOD);
    }
    let allowed = standing(&petition, allowed, now)?;
    let line = under::line(authority, &mut tx, allowed.grant, &party).await;
    let line = line.map_err(|refused| gone(channel, refused))?;
    let consented = Consented {
        offline: line.leaf().session.is_none(),
        openid: allowed.openid,
        nonce: None,
        authenticated_at: allowed.authenticated_at,
    };
    let with = (&line, &consented);
    let issued = consented::give(authority, &mut tx, (&party, sender), form, with).await?;
    redeem(tx, &digest, now).await?;
    Ok(issued)
}

/// Why a grant ends whose device code or request was brought again.
const TWICE: &str = "what it was asked with was used twice";

async fn redeem(mut tx: Tx, digest: &[u8; 32], now: Timestamp) -> Result<(), Refused> {
    if !tx.petitions().redeem(digest, now).await? {
        return Err(NOT_GOOD);
    }
    Ok(effect::save(tx).await?)
}

const fn grant_of(channel: Channel) -> GrantType {
    match channel {
        Channel::Device => GrantType::DeviceCode,
        Channel::Backchannel => GrantType::Backchannel,
    }
}

fn digest(form: &Form, channel: Channel) -> Result<[u8; 32], Refused> {
    let (opens, brought, missing) = match channel {
        Channel::Device => (Opens::Device, &form.device_code, "device_code is missing"),
        Channel::Backchannel => (Opens::Backchannel, &form.auth_req_id, "auth_req_id is missing"),
    };
    let brought = brought.as_deref().ok_or(Refused::InvalidRequest(missing))?;
    opaque::digest_of(opens, brought).ok_or(NOT_GOOD)
}

/// A client with a document is nobody here before the first person lets it act, and public: until
/// then it is told how its petition stands for nothing but the secret it was given.
async fn check_stranger(
    authority: &Authority,
    form: &Form,
    channel: Channel,
) -> Result<(), Refused> {
    let Some(client_id) = form.client_id.as_ref().filter(|it| it.contains(':')) else {
        return Ok(());
    };
    let mut tx = authority.store.read().await?;
    if find::find(authority, &mut tx, client_id).await?.is_some() {
        return Ok(());
    }
    let found = tx.petitions().find(&digest(form, channel)?).await?;
    drop(tx);
    let Some(petition) = found.filter(|it| it.client == *client_id && it.channel == channel) else {
        return Ok(());
    };
    match petition.decided {
        None => Err(wait(authority, &petition).await?),
        Some(_) => standing(&petition, None, authority.now()).map(drop),
    }
}

/// What was allowed, if it was and there is time left.
fn standing(
    petition: &Petition,
    allowed: Option<Allowed>,
    now: Timestamp,
) -> Result<Allowed, Refused> {
    match allowed {
        None if petition.decided.is_some() => Err(told("access_denied", "the person said no")),
        _ if now >= petition.expires_at => Err(expired()),
        None => Err(NOT_GOOD),
        Some(allowed) => Ok(allowed),
    }
}

/// Nobody has decided: what the client is told, and that it came. One that comes before its time
/// waits longer from then on.
async fn wait(authority: &Authority, petition: &Petition) -> Result<Refused, Refused> {
    let now = authority.now();
    if now >= petition.expires_at {
        return Ok(expired());
    }
    let interval = petition.interval_seconds;
    let early = petition.polled_at.is_some_and(|at| now < at.plus_seconds(i64::from(interval)));
    let interval = if early { interval.saturating_add(SLOWER_SECONDS) } else { interval };
    let mut tx = authority.store.begin_append().await?;
    tx.petitions().pace(&petition.digest, now, interval).await?;
    tx.save().await?;
    Ok(if early {
        told("slow_down", &format!("wait {interval} s from now on"))
    } else {
        told("authorization_pending", "nobody has decided yet")
    })
}

fn expired() -> Refused {
    told("expired_token", "nobody decided in time, or the client came too late: ask again")
}

/// What was allowed stands no more: taken back, or its sign-in is over.
fn gone(channel: Channel, refused: Refused) -> Refused {
    match (channel, refused) {
        (Channel::Backchannel, NOT_GOOD) => {
            told("transaction_failed", "what the person allowed has ended already")
        }
        (_, refused) => refused,
    }
}

fn told(error: &'static str, why: &str) -> Refused {
    Refused::Told(error, why.to_owned())
}
