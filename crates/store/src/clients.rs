//! Agents as OAuth clients, as they are kept.

use bailiwick_domain::client::{ClientRegistration, Source};
use bailiwick_domain::id::AgentId;
use bailiwick_domain::redirect::RedirectUri;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// The registrations, within one transaction.
pub struct Clients<'a>(&'a mut Tx);

impl Tx {
    /// The agents' registrations as clients.
    pub fn clients(&mut self) -> Clients<'_> {
        Clients(self)
    }
}

impl Clients<'_> {
    /// Writes a registration, in place of the agent's former one if it had one.
    pub async fn put(&mut self, client: &ClientRegistration) -> Result<(), Fault> {
        let sql = "INSERT INTO clients (agent, document, registration_digest, name, \
                   redirect_uris, method, grants, dpop_bound, created_at, updated_at, \
                   notification_endpoint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                   ON CONFLICT (agent) DO UPDATE SET document = $2, registration_digest = $3, \
                   name = $4, redirect_uris = $5, method = $6, grants = $7, dpop_bound = $8, \
                   created_at = $9, updated_at = $10, notification_endpoint = $11";
        self.0.execute(sql, values(client)).await.map_err(|it| it.about("the client"))?;
        Ok(())
    }

    /// Removes the registration of an agent; says whether it had one.
    pub async fn remove(&mut self, agent: AgentId) -> Result<bool, Fault> {
        let sql = "DELETE FROM clients WHERE agent = $1";
        Ok(self.0.execute(sql, [agent.into()]).await? > 0)
    }

    /// The registration of an agent.
    pub async fn find(&mut self, agent: AgentId) -> Result<Option<ClientRegistration>, Fault> {
        self.first("SELECT * FROM clients WHERE agent = $1", agent.into()).await
    }

    /// The client that is known by the document at this URL.
    pub async fn find_document(&mut self, url: &str) -> Result<Option<ClientRegistration>, Fault> {
        self.first("SELECT * FROM clients WHERE document = $1", url.into()).await
    }

    /// The client whose registration access token has this SHA-256.
    pub async fn find_by_digest(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<Option<ClientRegistration>, Fault> {
        let sql = "SELECT * FROM clients WHERE registration_digest = $1";
        self.first(sql, encode(digest).into()).await
    }

    async fn first(
        &mut self,
        sql: &'static str,
        value: Value,
    ) -> Result<Option<ClientRegistration>, Fault> {
        self.0.fetch_first(sql, [value]).await?.as_ref().map(read).transpose()
    }
}

fn values(client: &ClientRegistration) -> [Value; 11] {
    let (document, digest) = match &client.source {
        Source::Operator => (None, None),
        Source::Itself(digest) => (None, Some(encode(digest))),
        Source::Document(url) => (Some(url.clone()), None),
    };
    let redirects: Vec<&str> = client.redirect_uris.iter().map(RedirectUri::as_str).collect();
    let grants: Vec<&str> = client.grants.iter().map(|it| it.as_str()).collect();
    [
        client.agent.into(),
        document.into(),
        digest.into(),
        client.name.as_str().into(),
        redirects.join("\n").into(),
        client.method.as_str().into(),
        grants.join(" ").into(),
        i64::from(client.dpop_bound).into(),
        client.created_at.into(),
        client.updated_at.into(),
        client.notification_endpoint.as_deref().into(),
    ]
}

fn read(row: &Row) -> Result<ClientRegistration, Fault> {
    let digest = row.text_or_null("registration_digest")?.map(digest).transpose()?;
    let source = match (row.text_or_null("document")?, digest) {
        (Some(url), _) => Source::Document(url.to_owned()),
        (None, Some(digest)) => Source::Itself(digest),
        (None, None) => Source::Operator,
    };
    let redirects = row.text("redirect_uris")?.lines().map(str::parse).collect();
    let grants = row.text("grants")?.split_whitespace().map(str::parse).collect();
    Ok(ClientRegistration {
        agent: row.parsed("agent")?,
        source,
        name: row.text("name")?.to_owned(),
        redirect_uris: Result::map_err(redirects, Fault::corrupt)?,
        method: row.parsed("method")?,
        grants: Result::map_err(grants, Fault::corrupt)?,
        dpop_bound: row.int("dpop_bound")? != 0,
        notification_endpoint: row.text_or_null("notification_endpoint")?.map(str::to_owned),
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
    })
}

fn digest(text: &str) -> Result<[u8; 32], Fault> {
    decode(text)?.try_into().map_err(|_| Fault::corrupt("a client's digest"))
}
