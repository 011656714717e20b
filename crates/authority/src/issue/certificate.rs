//! A client that is known by the certificate of its connection (RFC 8705, section 2): one that is
//! registered itself, or an X.509-SVID of a workload that is.

use bailiwick_domain::credential::Material;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::{Chain, svid};
use bailiwick_proof::jwt::Confirmation;

use crate::authority::Authority;
use crate::issue::authenticated::Client;
use crate::issue::refused::Refused;
use crate::prove::{self, Proven, Received, Unproven};

/// Authenticates the client; a token for it can be bound to the certificate.
pub(crate) async fn authenticate(
    authority: &Authority,
    received: Received<'_>,
) -> Result<Client, Refused> {
    let chain = received.certificate();
    let chain = chain.ok_or(Refused::InvalidClient(Denial::CredentialMissing))?;
    let proven = identify(authority, chain).await?;
    let holds = Some(Confirmation::Certificate(chain.leaf().thumbprint().to_owned()));
    Ok(Client { agent: proven.agent, key: proven.key, holds })
}

async fn identify(authority: &Authority, chain: &Chain) -> Result<Proven, Unproven> {
    let (leaf, now) = (chain.leaf(), authority.now());
    match prove::find(authority, leaf.thumbprint()).await {
        Ok(proven) if matches!(proven.key.material, Material::Certificate) => {
            leaf.check_validity(now).map_err(Denial::from)?;
            return Ok(proven);
        }
        Ok(_) | Err(Unproven::Denied(Denial::CredentialUnknown)) => {}
        Err(unproven) => return Err(unproven),
    }
    let claimed = svid::claimed(leaf).map_err(|_| Denial::CredentialUnknown)?;
    let proven = prove::find(authority, &claimed.to_string()).await?;
    if !matches!(proven.key.material, Material::Spiffe) {
        return Err(Denial::CredentialUnknown.into());
    }
    authority.outside.trust.x509_svid(chain, now).await?;
    Ok(proven)
}
