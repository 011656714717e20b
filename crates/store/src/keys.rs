//! Agents' keys, as they are kept: public keys as they are, shared secrets sealed.

use std::collections::BTreeMap;

use bailiwick_domain::credential::{Key, KeyState, Material};
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::signal::{Change, Happening};
use bailiwick_domain::time::Timestamp;
use ipnet::IpNet;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The keys, within one transaction.
pub struct Keys<'a>(&'a mut Tx);

impl Tx {
    /// The agents' keys.
    pub fn keys(&mut self) -> Keys<'_> {
        Keys(self)
    }
}

impl Keys<'_> {
    /// Adds a key; a conflict when any agent has, or ever had, a key of that thumbprint. Receivers
    /// of signals will be told. `last_used_at` is not written here but by [`Keys::touch`].
    pub async fn insert(&mut self, key: &Key) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let (material, is_text) = match &key.material {
            Material::PublicJwk(text) | Material::Claims(text) => (text.clone(), true),
            Material::SealedSecret(sealed) => (encode(sealed), true),
            Material::Wallet
            | Material::Certificate
            | Material::Spiffe
            | Material::Directory
            | Material::ApiKey => (String::new(), false),
        };
        let sql = "INSERT INTO keys (id, agent, kind, algorithm, material, thumbprint, scopes, \
                   networks, expires_at, registered_by, state, created_at, changed) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let values = [
            key.id.into(),
            key.agent.into(),
            key.material.kind().into(),
            key.algorithm.map(|algorithm| algorithm.as_str().to_owned()).into(),
            is_text.then_some(material).into(),
            key.thumbprint.as_str().into(),
            key.scopes.as_ref().map(ToString::to_string).into(),
            spelled(&key.networks).into(),
            key.expires_at.into(),
            key.registered_by.map(|id| id.to_string()).into(),
            key.state.as_str().into(),
            key.created_at.into(),
            number.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the key"))?;
        self.tell(key, Change::Create, key.created_at).await
    }

    /// The key with this id.
    pub async fn find(&mut self, id: KeyId) -> Result<Option<Key>, Fault> {
        let sql = "SELECT * FROM keys_with_use WHERE id = $1";
        let row = self.0.fetch_first(sql, [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The key with this thumbprint.
    pub async fn find_thumbprint(&mut self, thumbprint: &str) -> Result<Option<Key>, Fault> {
        let sql = "SELECT * FROM keys_with_use WHERE thumbprint = $1";
        let row = self.0.fetch_first(sql, [thumbprint.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The keys of an agent, or all, oldest first.
    pub async fn list(&mut self, agent: Option<AgentId>) -> Result<Vec<Key>, Fault> {
        let rows = match agent {
            Some(agent) => {
                let sql = "SELECT * FROM keys_with_use WHERE agent = $1 ORDER BY id";
                self.0.fetch(sql, [agent.into()]).await?
            }
            None => self.0.fetch("SELECT * FROM keys_with_use ORDER BY id", []).await?,
        };
        rows.iter().map(read).collect()
    }

    /// The rules over issuers' tokens that may be used.
    pub async fn list_claims(&mut self) -> Result<Vec<Key>, Fault> {
        let sql = "SELECT * FROM keys_with_use WHERE kind = 'claims' AND state = $1 ORDER BY id";
        let rows = self.0.fetch(sql, [KeyState::Active.as_str().into()]).await?;
        rows.iter().map(read).collect()
    }

    /// Revokes a key for ever; says whether there is one. Revoking again changes nothing.
    pub async fn revoke(&mut self, id: KeyId, at: Timestamp) -> Result<bool, Fault> {
        let Some(key) = self.find(id).await? else { return Ok(false) };
        let number = self.0.number().await?;
        let sql = "UPDATE keys SET state = $2, changed = $3 WHERE id = $1";
        let values = [id.into(), KeyState::Revoked.as_str().into(), number.into()];
        self.0.execute(sql, values).await?;
        if key.state == KeyState::Active {
            self.tell(&key, Change::Revoke, at).await?;
        }
        Ok(true)
    }

    /// Revokes a key and all that was registered with it, also through others, whichever of them
    /// were revoked before; says whether there is one.
    pub async fn revoke_line(&mut self, id: KeyId, at: Timestamp) -> Result<bool, Fault> {
        let Some(key) = self.find(id).await? else { return Ok(false) };
        let keys = self.list(Some(key.agent)).await?;
        for key in keys.iter().filter(|it| it.id == id || it.descends_from(id, &keys)) {
            if key.state == KeyState::Active {
                self.revoke(key.id, at).await?;
            }
        }
        Ok(true)
    }

    /// Changes from where a key may be used; says whether there is one.
    pub async fn set_networks(&mut self, id: KeyId, networks: &[IpNet]) -> Result<bool, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE keys SET networks = $2, changed = $3 WHERE id = $1";
        let changed =
            self.0.execute(sql, [id.into(), spelled(networks).into(), number.into()]).await?;
        Ok(changed > 0)
    }

    /// Has receivers of signals told.
    async fn tell(&mut self, key: &Key, change: Change, at: Timestamp) -> Result<(), Fault> {
        let kind = key.material.kind().to_owned();
        let happening = Happening::Credential(key.agent, key.id, kind, change);
        self.0.signals().tell(&happening, at).await
    }

    /// Remembers when keys were last used. Keys that do not exist and earlier instants are passed
    /// over; feeds are not told.
    pub async fn touch(&mut self, uses: &[(KeyId, Timestamp)]) -> Result<(), Fault> {
        let mut latest: BTreeMap<KeyId, Timestamp> = BTreeMap::new();
        for (key, at) in uses {
            latest.entry(*key).and_modify(|known| *known = (*at).max(*known)).or_insert(*at);
        }
        let before = "WITH used (key_id, at) AS (";
        let after = ") INSERT INTO key_uses (key_id, last_used_at) \
                     SELECT used.key_id, used.at FROM used \
                     JOIN keys ON keys.id = used.key_id ORDER BY used.key_id \
                     ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at \
                     WHERE excluded.last_used_at > key_uses.last_used_at";
        let values = latest.into_iter().flat_map(|(key, at)| [key.into(), at.into()]).collect();
        self.0.execute_rows((before, after), 2, values).await.map(drop)
    }

    /// The keys written by transactions after this number.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<Key>, Fault> {
        let sql = "SELECT * FROM keys_with_use WHERE changed > $1";
        self.0.fetch_each(sql, [number.into()], read).await
    }
}

fn spelled(networks: &[IpNet]) -> String {
    networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn read(row: &Row) -> Result<Key, Fault> {
    let algorithm = row.text_or_null("algorithm")?.map(str::parse).transpose();
    let scopes = row.text_or_null("scopes")?.map(str::parse).transpose();
    let registered_by = row.text_or_null("registered_by")?.map(str::parse).transpose();
    let networks = row.text("networks")?.split_whitespace().map(str::parse).collect();
    Ok(Key {
        id: row.parsed("id")?,
        agent: row.parsed("agent")?,
        algorithm: algorithm.map_err(Fault::corrupt)?,
        material: read_material(row.text("kind")?, row.text_or_null("material")?)?,
        thumbprint: row.text("thumbprint")?.to_owned(),
        scopes: scopes.map_err(Fault::corrupt)?,
        networks: Result::map_err(networks, Fault::corrupt)?,
        expires_at: row.instant_or_null("expires_at")?,
        registered_by: registered_by.map_err(Fault::corrupt)?,
        state: row.parsed("state")?,
        created_at: row.instant("created_at")?,
        last_used_at: row.instant_or_null("last_used_at")?,
    })
}

fn read_material(kind: &str, text: Option<&str>) -> Result<Material, Fault> {
    Ok(match (kind, text) {
        ("public_key", Some(jwk)) => Material::PublicJwk(jwk.to_owned()),
        ("hmac", Some(sealed)) => Material::SealedSecret(decode(sealed)?),
        ("wallet", None) => Material::Wallet,
        ("certificate", None) => Material::Certificate,
        ("spiffe", None) => Material::Spiffe,
        ("directory", None) => Material::Directory,
        ("api_key", None) => Material::ApiKey,
        ("claims", Some(rule)) => Material::Claims(rule.to_owned()),
        _ => return Err(Fault::corrupt("a key's material")),
    })
}
