//! Which grant is asked for (RFC 6749, section 3.2), and whoever decides it.

use crate::authority::Authority;
use crate::issue::client_credentials;
use crate::issue::form::Form;
use crate::issue::mint::Issued;
use crate::issue::refused::Refused;
use crate::prove::Received;

/// Every grant there is.
pub(crate) const GRANT_TYPES: [&str; 1] = [client_credentials::GRANT_TYPE];

/// Decides a token request.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    let grant_type = form.grant_type.as_deref();
    match grant_type.ok_or(Refused::InvalidRequest("grant_type is missing"))? {
        client_credentials::GRANT_TYPE => {
            client_credentials::decide(authority, received, form).await
        }
        _ => Err(Refused::UnsupportedGrantType),
    }
}
