//! Who may ask about a token, and whether it is live (RFC 7662).

use bailiwick_domain::scope::Scope;

use crate::authority::Authority;
use crate::issue::client::{self, Client};
use crate::issue::form::Form;
use crate::issue::live::Live;
use crate::issue::refused::Refused;
use crate::prove::Received;

/// What lets an agent ask about any token: that of a resource server.
const ANY: &str = "tokens:introspect";

/// Who asked, and what they may know: the token, where it is live and they may ask about it. Who
/// may not, and a token that is not live, are the same answer (RFC 7662, section 2.2).
pub(crate) async fn introspect(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<(Client, Option<Live>), Refused> {
    let client = client::authenticate(authority, received, form).await?;
    let text = form.token.as_deref().ok_or(Refused::InvalidRequest("token is missing"))?;
    let mut tx = authority.store.read().await?;
    let live = Live::find(authority, &mut tx, text).await?;
    let told = live.filter(|live| may_ask(&client, live) && live.extent().is_some());
    Ok((client, told))
}

/// The agent it was issued to, those whose authority it descends from, and resource servers.
fn may_ask(client: &Client, live: &Live) -> bool {
    let id = client.agent.id;
    let own = live.agent.id == id;
    let above = live.line.iter().any(|line| line.grants().any(|grant| grant.agent == id));
    own || above || client.ceiling().iter().map(Scope::as_str).any(|scope| scope == ANY)
}
