//! An access token of this authority that is live: as good here as the gateway would find it.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::grant::Extent;
use bailiwick_proof::jwt::{AccessToken, Issuer};
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::issue::line::{self, Line};

/// A token that has verified, was not taken back, and hangs on nothing that has ended.
#[derive(Debug)]
pub(crate) struct Live {
    /// What it says.
    pub(crate) token: AccessToken,
    /// The agent it was issued to.
    pub(crate) agent: Agent,
    /// What it was issued out of, where that is not the agent's own authority.
    pub(crate) line: Option<Line>,
}

/// What a text says, if it is an access token that this authority signed and that has not expired
/// (RFC 9068, section 4). Nothing else is asked.
pub(crate) async fn verify(
    authority: &Authority,
    text: &str,
) -> Result<Option<AccessToken>, Fault> {
    let keys = authority.signing().await?.published.clone();
    let issuer = Issuer { issuer: authority.settings.issuer.clone(), keys };
    Ok(AccessToken::verify(text, &issuer, authority.now()).ok())
}

impl Live {
    /// The token of this text, if it is live.
    pub(crate) async fn find(
        authority: &Authority,
        tx: &mut Tx,
        text: &str,
    ) -> Result<Option<Self>, Fault> {
        let Some(token) = verify(authority, text).await? else { return Ok(None) };
        let now = authority.now();
        if tx.revoked_tokens().contains(token.jti).await? {
            return Ok(None);
        }
        if let Some(key) = token.key_id
            && !line::is_live(tx, key, now).await?
        {
            return Ok(None);
        }
        let agent = tx.agents().find(token.client_id).await?;
        let Some(agent) = agent.filter(|it| it.state == State::Active) else { return Ok(None) };
        let line = match token.grant {
            None => None,
            Some(grant) => match Line::find(tx, grant, now).await? {
                Some(line) if line.leaf().agent == agent.id => Some(line),
                _ => return Ok(None),
            },
        };
        Ok(Some(Self { token, agent, line }))
    }

    /// How far it reaches at present: what it says, as far as its agents may still be granted it
    /// and its grant still reaches. None where nothing is left.
    pub(crate) fn extent(&self) -> Option<Extent> {
        let ceiling = self.line.as_ref().map_or_else(|| self.agent.scopes.clone(), Line::ceiling);
        let said = Extent {
            scopes: self.token.scope.intersection(&ceiling),
            resources: self.token.aud.clone(),
            details: self.token.authorization_details.clone(),
        };
        match &self.line {
            Some(line) => said.intersection(&line.leaf().extent),
            None => Some(said),
        }
    }
}
