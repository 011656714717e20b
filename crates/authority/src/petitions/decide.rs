//! A person decides a petition.

use bailiwick_store::petitions::{Decided, Petition};

use crate::authority::Authority;
use crate::authorize::consent::{self, Allowed};
use crate::authorize::extent::Asked;
use crate::authorize::parameters::Parameters;
use crate::clients::named;
use crate::clients::requester::Requester;
use crate::fault::Fault;
use crate::govern::effect;
use crate::people::session::SignedIn;
use crate::petitions::asked;
use crate::refusal::Refusal;

/// A petition that can be decided: who asks, and for what.
#[derive(Debug)]
pub(crate) struct Open {
    /// The petition.
    pub(crate) petition: Petition,
    /// Its parameters.
    pub(crate) parameters: Parameters,
    /// Who asks.
    pub(crate) requester: Requester,
    /// What for, within what the client's agent may at present.
    pub(crate) asked: Asked,
}

/// Reads a petition as it stands now; refused when its client may not ask for that any more.
pub(crate) async fn read(authority: &Authority, petition: Petition) -> Result<Open, Refusal> {
    let parameters = Parameters::read(&petition.parameters);
    let parameters = parameters.ok_or(Fault::Corrupt("a petition"))?;
    let requester = named::find(authority, &petition.client).await?;
    let asked = asked::read(authority, &requester, petition.channel, &parameters);
    let asked = asked.map_err(|it| Refusal::Malformed(it.description))?;
    Ok(Open { petition, parameters, requester, asked })
}

/// The person lets the client do this: a grant, and the petition decided, as one transaction.
pub(crate) async fn allow(
    authority: &Authority,
    signed_in: &SignedIn,
    open: &Open,
    allowed: Allowed,
) -> Result<(), Refusal> {
    let mut tx = authority.store.begin().await?;
    let grant = consent::grant(authority, &mut tx, signed_in, &open.requester, allowed).await?;
    let allowed = bailiwick_store::petitions::Allowed {
        grant: grant.id,
        openid: open.asked.openid,
        authenticated_at: signed_in.session.authenticated_at,
    };
    let decided = Decided { at: authority.now(), allowed: Some(allowed) };
    if !tx.petitions().decide(&open.petition.digest, &decided).await? {
        return Err(over());
    }
    effect::save(tx).await?;
    Ok(())
}

/// The person said no.
pub(crate) async fn deny(authority: &Authority, petition: &Petition) -> Result<(), Refusal> {
    let mut tx = authority.store.begin_append().await?;
    let decided = Decided { at: authority.now(), allowed: None };
    if !tx.petitions().decide(&petition.digest, &decided).await? {
        return Err(over());
    }
    tx.save().await?;
    Ok(())
}

fn over() -> Refusal {
    Refusal::Malformed("it was answered already, or its time is over".to_owned())
}
