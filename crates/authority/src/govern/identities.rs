//! What else an agent can be recognized by than a key that signs messages: added by operators.

use bailiwick_domain::credential::{Key, Material};
use bailiwick_domain::id::KeyId;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_fetch::Directories;
use bailiwick_proof::certificate::Certificate;
use bailiwick_proof::jwt::Rule;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_proof::wallet::{Account, Address};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::govern::credentials::{self, Identity, Whose};
use crate::refusal::Refusal;

/// The longest that an API key lives, in seconds: ninety days.
pub(crate) const LONGEST_API_KEY_SECONDS: u32 = 90 * 86_400;

/// What is to be registered, as it was sent.
#[derive(Debug)]
pub(crate) enum Named<'a> {
    /// An Ethereum address, or an account on one chain (CAIP-10), which a contract's has to be.
    Wallet(&'a str),
    /// A certificate in PEM.
    Certificate(&'a str),
    /// A SPIFFE ID.
    Spiffe(&'a str),
    /// The server with the agent's directory of keys, or the directory's URL.
    Directory(&'a str),
    /// A rule over the claims of a trusted issuer's tokens.
    Claims(Rule),
}

/// Registers it for an agent.
pub(crate) async fn add(
    authority: &Authority,
    whose: &Whose,
    named: Named<'_>,
) -> Result<Key, Refusal> {
    if let Named::Claims(rule) = &named {
        require_trusted(authority, rule.issuer()).await?;
    }
    let identity = read(authority, named)?;
    let id = KeyId::fresh(authority.now(), &authority.entropy);
    credentials::add(authority, whose, |agent| Ok(identity.of(agent, id, authority.now()))).await
}

/// Makes an API key for an agent. It is returned here and nowhere else: only its digest is stored.
pub(crate) async fn add_api_key(
    authority: &Authority,
    whose: &Whose,
    (scopes, ttl_seconds): (Option<ScopeSet>, u32),
) -> Result<(Key, Zeroizing<String>), Refusal> {
    if !(1..=LONGEST_API_KEY_SECONDS).contains(&ttl_seconds) {
        return Err(Refusal::Malformed("`ttl_seconds` is 1 to 7776000, ninety days".to_owned()));
    }
    let now = authority.now();
    let (secret, digest) = opaque::fresh(Opens::Apis, &authority.entropy);
    let identity = Identity {
        algorithm: None,
        material: Material::ApiKey,
        thumbprint: opaque::thumbprint(&digest),
        scopes,
        expires_at: Some(now.plus_seconds(i64::from(ttl_seconds))),
    };
    let id = KeyId::fresh(now, &authority.entropy);
    let key = credentials::add(authority, whose, |agent| Ok(identity.of(agent, id, now))).await?;
    Ok((key, secret))
}

fn read(authority: &Authority, named: Named<'_>) -> Result<Identity, Refusal> {
    let malformed = |text: &str| Refusal::Malformed(text.to_owned());
    let found_by = |material, thumbprint: String| Identity {
        algorithm: None,
        material,
        thumbprint,
        scopes: None,
        expires_at: None,
    };
    Ok(match named {
        Named::Wallet(text) => Identity::wallet(read_wallet(text)?),
        Named::Certificate(pem) => {
            let certificate = Certificate::from_pem(pem);
            let certificate = certificate.map_err(|error| malformed(&error.to_string()))?;
            let expires_at = Some(certificate.not_after());
            if expires_at.is_some_and(|end| end <= authority.now()) {
                return Err(malformed("the certificate has expired"));
            }
            let name = certificate.thumbprint().to_owned();
            Identity { expires_at, ..found_by(Material::Certificate, name) }
        }
        Named::Spiffe(text) => {
            let id = SpiffeId::parse(text).map_err(|error| malformed(&error.to_string()))?;
            found_by(Material::Spiffe, id.to_string())
        }
        Named::Directory(text) => {
            let url = Directories::locate(text).map_err(|error| malformed(&error.to_string()))?;
            found_by(Material::Directory, url.to_string())
        }
        Named::Claims(rule) => found_by(Material::Claims(rule.to_json()), rule.thumbprint()),
    })
}

/// The one name of an account that somebody wrote: an address, or that and its chain (CAIP-10).
pub(crate) fn read_wallet(text: &str) -> Result<String, Refusal> {
    if let Ok(account) = text.parse::<Account>() {
        return Ok(account.to_string());
    }
    let address = text.parse::<Address>().map_err(|_| {
        let written = "an Ethereum account is 0x and 40 hexadecimal digits, or eip155:N:0x…";
        Refusal::Malformed(written.to_owned())
    })?;
    Ok(address.to_string())
}

/// A rule over an issuer whom nobody trusts would never hold, and somebody might come to think that
/// it does.
async fn require_trusted(authority: &Authority, issuer: &str) -> Result<(), Refusal> {
    let found = authority.store.read().await?.issuers().find_url(issuer).await?;
    match found {
        Some(known) if known.ended_at.is_none() => Ok(()),
        _ => {
            let text = "the rule's issuer is not trusted here: add it first";
            Err(Refusal::Malformed(text.to_owned()))
        }
    }
}
