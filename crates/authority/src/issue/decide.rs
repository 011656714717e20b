//! Which grant is asked for (RFC 6749, section 3.2), and whoever decides it.

use bailiwick_store::petitions::Channel;

use crate::authority::Authority;
use crate::issue::form::Form;
use crate::issue::mint::Issued;
use crate::issue::refused::Refused;
use crate::issue::{
    authorization_code, client_credentials, jwt_bearer, petition, refresh_token, token_exchange,
};
use crate::prove::Received;

/// Every grant there is.
pub(crate) const GRANT_TYPES: [&str; 7] = [
    client_credentials::GRANT_TYPE,
    authorization_code::GRANT_TYPE,
    refresh_token::GRANT_TYPE,
    jwt_bearer::GRANT_TYPE,
    token_exchange::GRANT_TYPE,
    petition::DEVICE,
    petition::BACKCHANNEL,
];

/// Decides a token request.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    // A key whose turn is over is replaced now, and not while a decision holds the store.
    authority.signing().await?;
    let grant_type = form.grant_type.as_deref();
    match grant_type.ok_or(Refused::InvalidRequest("grant_type is missing"))? {
        client_credentials::GRANT_TYPE => {
            client_credentials::decide(authority, received, form).await
        }
        jwt_bearer::GRANT_TYPE => jwt_bearer::decide(authority, received, form).await,
        token_exchange::GRANT_TYPE => token_exchange::decide(authority, received, form).await,
        authorization_code::GRANT_TYPE => {
            authorization_code::decide(authority, received, form).await
        }
        refresh_token::GRANT_TYPE => refresh_token::decide(authority, received, form).await,
        petition::DEVICE => petition::decide(authority, received, form, Channel::Device).await,
        petition::BACKCHANNEL => {
            petition::decide(authority, received, form, Channel::Backchannel).await
        }
        _ => Err(Refused::UnsupportedGrantType),
    }
}
