//! The ways in which people sign in, with the secrets that go with them.

use bailiwick_authority::{Admits, Way};
use zeroize::Zeroizing;

use super::{Fault, Sources};
use crate::config::{SecretSource, Settings};

/// Every way that is configured.
pub(super) fn ways(settings: &Settings, sources: &Sources) -> Result<Vec<Way>, Fault> {
    let way = |it: &crate::config::SignInSettings| {
        let secret = it.client_secret.as_ref().map(|source| read(source, sources)).transpose()?;
        Ok(Way {
            name: it.name.clone(),
            issuer: it.issuer.clone(),
            client_id: it.client_id.clone(),
            client_secret: secret,
            scopes: it.scopes.clone(),
            admits: Admits { addresses: it.allow.clone(), claims: it.claims.clone() },
        })
    };
    settings.authority.sign_in.iter().map(way).collect()
}

fn read(source: &SecretSource, sources: &Sources) -> Result<Zeroizing<String>, Fault> {
    let text = match source {
        SecretSource::File(path) => std::fs::read_to_string(path).map_err(Fault::file(path))?,
        SecretSource::Env(name) => {
            (sources.variable)(name).ok_or_else(|| Fault::VariableMissing(name.clone()))?
        }
    };
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
