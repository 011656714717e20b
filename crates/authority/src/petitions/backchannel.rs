//! Petitions to a person whom the client names (CIBA Core 1.0).
//!
//! Whether there is such a person is not told. For one who is not here, who is blocked, whose
//! address two people share, or who has too many petitions before them already, the client is
//! answered as for anybody else, and nobody ever decides.

use bailiwick_domain::id::PersonId;
use bailiwick_domain::person::{Person, Standing};
use bailiwick_proof::opaque::{self, Opens, sha256};
use bailiwick_store::Tx;
use bailiwick_store::petitions::{Channel, Petition};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::authorize::parameters::Parameters;
use crate::authorize::reply::Deviation;
use crate::clients::requester::Requester;
use crate::enroll::limits;
use crate::fault::Fault;
use crate::people::session::SignedIn;
use crate::petitions::asked::{self, INTERVAL_SECONDS, Unasked};
use crate::petitions::notification;
use crate::refusal::Refusal;
use crate::text;

/// How long the person has when the client does not say, and at most, in seconds.
const SECONDS: u32 = 600;
const LONGEST_SECONDS: u32 = 1_800;
/// The longest message and the longest hint, in bytes.
const MESSAGE: usize = 200;
const HINT: usize = 320;
/// How many open petitions of one client, and of all of them, a person has before them.
const OF_CLIENT: usize = 16;
const OF_ALL: usize = 64;

/// A petition that was made.
pub(crate) struct Begun {
    /// What the client comes back with.
    pub(crate) auth_req_id: Zeroizing<String>,
    /// How long it is good, in seconds.
    pub(crate) expires_in: u32,
}

/// What a request says beside what it asks for.
struct Said<'a> {
    hint: &'a str,
    seconds: u32,
    /// What the client is notified with, where it is.
    token: Option<&'a str>,
}

/// Keeps what this client asks of the person whom it names.
pub(crate) async fn begin(
    authority: &Authority,
    requester: &Requester,
    parameters: &Parameters,
) -> Result<Begun, Unasked> {
    asked::read(authority, requester, Channel::Backchannel, parameters)?;
    let said = read(requester, parameters)?;
    let client = requester.registration.client_id();
    limits::check_hint(authority, whose(&client, said.hint)).await?;
    let now = authority.now();
    let (auth_req_id, digest) = opaque::fresh(Opens::Backchannel, &authority.entropy);
    let with = (&*authority.sealer, &authority.entropy);
    let seal = |token| notification::seal(with, &digest, &auth_req_id, token);
    let mut petition = Petition {
        digest,
        channel: Channel::Backchannel,
        client,
        parameters: parameters.clone().without(&["client_notification_token"]).write(),
        user_code: None,
        person: None,
        created_at: now,
        expires_at: now.plus_seconds(i64::from(said.seconds)),
        interval_seconds: INTERVAL_SECONDS,
        polled_at: None,
        decided: None,
        used_at: None,
        notification: said.token.map(seal).transpose()?,
        pings: 0,
    };
    keep(authority, &mut petition, said.hint).await?;
    Ok(Begun { auth_req_id, expires_in: said.seconds })
}

fn read<'a>(requester: &Requester, parameters: &'a Parameters) -> Result<Said<'a>, Deviation> {
    let wrong = |why: &str| Deviation::new("invalid_request", why);
    let one = |name| parameters.one(name).map_err(Deviation::from);
    for name in ["login_hint_token", "id_token_hint"] {
        if one(name)?.is_some() {
            return Err(wrong("the person is named by login_hint here, and by nothing beside it"));
        }
    }
    if one("user_code")?.is_some() {
        return Err(wrong("user codes are not asked for here: leave user_code out"));
    }
    let hint = one("login_hint")?.ok_or_else(|| wrong("login_hint is missing"))?;
    if hint.len() > HINT {
        return Err(wrong("login_hint is longer than 320 bytes"));
    }
    if one("binding_message")?.is_some_and(|it| !text::is_plain_line(it, MESSAGE)) {
        let why = "binding_message is a plain line of at most 200 bytes";
        return Err(Deviation::new("invalid_binding_message", why));
    }
    let seconds = match one("requested_expiry")?.map(str::parse::<u32>) {
        None => SECONDS,
        Some(Ok(seconds)) if seconds > 0 => seconds.min(LONGEST_SECONDS),
        Some(_) => return Err(wrong("requested_expiry is a number of seconds")),
    };
    let token = match requester.registration.notification_endpoint {
        Some(_) => Some(notification::check_token(one("client_notification_token")?)?),
        None => None,
    };
    Ok(Said { hint, seconds, token })
}

/// 128 bits that tell a client and whom it names from all others.
fn whose(client: &str, hint: &str) -> u128 {
    let digest = sha256(format!("{client}\n{hint}").as_bytes());
    digest.iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

/// Whatever is found of the person, as much is read and the same is written.
async fn keep(authority: &Authority, petition: &mut Petition, hint: &str) -> Result<(), Fault> {
    let now = petition.created_at;
    let mut tx = authority.store.begin().await?;
    let person = find(&mut tx, hint).await?;
    let open = tx.petitions().list_open(person.unwrap_or(PersonId::from_bits(0)), now).await?;
    let own = open.iter().filter(|it| it.client == petition.client).count();
    let has_room = open.len() < OF_ALL && own < OF_CLIENT;
    if person.is_some() && !has_room {
        tracing::warn!(client = %petition.client, "a person has too many petitions before them");
    }
    petition.person = person.filter(|_| has_room);
    tx.petitions().insert(petition).await?;
    tx.save().await?;
    Ok(())
}

/// The one person who may sign in and goes by that: the `sub` of tokens, or an address which is
/// theirs alone.
async fn find(tx: &mut Tx, hint: &str) -> Result<Option<PersonId>, Fault> {
    let found: Vec<Person> = match hint.parse::<PersonId>() {
        Ok(id) => tx.people().find(id).await?.into_iter().collect(),
        Err(_) => tx.people().find_address(hint).await?,
    };
    match found.as_slice() {
        [only] if only.state == Standing::Active => Ok(Some(only.id)),
        _ => Ok(None),
    }
}

/// The open petitions to whoever is signed in, the newest first.
pub(crate) async fn list(
    authority: &Authority,
    signed_in: &SignedIn,
) -> Result<Vec<Petition>, Fault> {
    let mut tx = authority.store.read().await?;
    Ok(tx.petitions().list_open(signed_in.person.id, authority.now()).await?)
}

/// What a petition is called on the pages of the person it is to: nothing can be had with it.
pub(crate) fn name(petition: &Petition) -> String {
    opaque::thumbprint(&petition.digest)
}

/// The one of that name, if it is open and to whoever is signed in.
pub(crate) async fn find_named(
    authority: &Authority,
    signed_in: &SignedIn,
    named: &str,
) -> Result<Petition, Refusal> {
    let open = list(authority, signed_in).await?;
    open.into_iter().find(|it| name(it) == named).ok_or(Refusal::NotFound("open request"))
}
