//! What a consent gives a client that comes for it: an access token, and what goes with that.

use bailiwick_domain::time::Timestamp;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::issue::form::Form;
use crate::issue::id_token::{self, About};
use crate::issue::line::Line;
use crate::issue::mint::Issued;
use crate::issue::party::Party;
use crate::issue::refused::Refused;
use crate::issue::under::{self, Sender};

/// What goes with the access token.
#[derive(Debug)]
pub(crate) struct Consented<'a> {
    /// A refresh token: the consent outlasts the sign-in.
    pub(crate) offline: bool,
    /// An ID token.
    pub(crate) openid: bool,
    /// What the ID token is to repeat.
    pub(crate) nonce: Option<&'a str>,
    /// When the person had proved who they are.
    pub(crate) authenticated_at: Timestamp,
}

/// Makes all of it, for this client.
pub(crate) async fn give(
    authority: &Authority,
    tx: &mut Tx,
    (party, sender): (&Party, Sender),
    form: &Form,
    (line, consented): (&Line, &Consented<'_>),
) -> Result<Issued, Refused> {
    // What was granted is settled: a scope here would only be mistaken for it.
    let form = &Form { scope: None, ..form.clone() };
    let mut issued = under::issue(authority, tx, (party, sender.clone()), form, line).await?;
    if consented.offline {
        let with = (party, sender.key());
        issued.refresh_token = Some(under::refresh_token(authority, tx, with, line).await?);
    }
    if consented.openid {
        let client_id = form.client_id.clone().unwrap_or_else(|| party.agent.id.to_string());
        let Consented { nonce, authenticated_at, .. } = *consented;
        let about = About { client_id: &client_id, nonce, authenticated_at };
        issued.id_token = id_token::sign(authority, about, line, &issued).await?;
    }
    Ok(issued)
}
