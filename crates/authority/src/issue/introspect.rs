//! Who may ask about a token, and whether it is live (RFC 7662).

use bailiwick_domain::scope::Scope;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::refresh_tokens::RefreshToken;

use crate::authority::Authority;
use crate::issue::client::{self, Client};
use crate::issue::form::Form;
use crate::issue::line::Line;
use crate::issue::live::Live;
use crate::issue::refresh_token;
use crate::issue::refused::Refused;
use crate::prove::Received;

/// What lets an agent ask about any token: that of a resource server.
const ANY: &str = "tokens:introspect";

/// What is told of a token that is live.
#[derive(Debug)]
pub(crate) enum Told {
    /// It is an access token.
    Access(Box<Live>),
    /// It is a refresh token of the asker's own, that it could use now.
    Refresh(RefreshToken, Box<Line>),
}

/// Who asked, and what they may know: the token, where it is live and they may ask about it. Who
/// may not, and a token that is not live, are the same answer (RFC 7662, section 2.2).
pub(crate) async fn introspect(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<(Client, Option<Told>), Refused> {
    let client = client::authenticate(authority, received, form).await?;
    let text = form.token.as_deref().ok_or(Refused::InvalidRequest("token is missing"))?;
    let mut tx = authority.store.read().await?;
    if let Some(digest) = opaque::digest_of(Opens::Refresh, text) {
        let id = client.agent.id;
        let found = refresh_token::live(authority, &mut tx, (id, digest)).await?;
        return Ok((client, found.map(|(token, line)| Told::Refresh(token, Box::new(line)))));
    }
    let live = Live::find(authority, &mut tx, text).await?;
    let told = live.filter(|live| may_ask(&client, live) && live.extent().is_some());
    Ok((client, told.map(|live| Told::Access(Box::new(live)))))
}

/// The agent it was issued to, those whose authority it descends from, and resource servers.
fn may_ask(client: &Client, live: &Live) -> bool {
    let id = client.agent.id;
    let own = live.agent.id == id;
    let above = live.line.iter().any(|line| line.grants().any(|grant| grant.agent == id));
    own || above || client.ceiling().iter().map(Scope::as_str).any(|scope| scope == ANY)
}
