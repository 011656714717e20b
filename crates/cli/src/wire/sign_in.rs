//! The ways in which people sign in, with the secrets that go with them.

use bailiwick_authority::{Admits, Way};

use super::{Fault, Sources, secret};
use crate::config::Settings;

/// Every way that is configured.
pub(super) fn ways(settings: &Settings, sources: &Sources) -> Result<Vec<Way>, Fault> {
    let way = |it: &crate::config::SignInSettings| {
        let client_secret =
            it.client_secret.as_ref().map(|source| secret::read(source, sources)).transpose()?;
        Ok(Way {
            name: it.name.clone(),
            issuer: it.issuer.clone(),
            client_id: it.client_id.clone(),
            client_secret,
            scopes: it.scopes.clone(),
            admits: Admits { addresses: it.allow.clone(), claims: it.claims.clone() },
            approvals: it.approvals,
        })
    };
    settings.authority.sign_in.iter().map(way).collect()
}
