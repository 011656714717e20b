//! The JWT bearer grant (RFC 7523, section 2.1): what a trusted issuer says of a person, ID-JAGs
//! included (draft-ietf-oauth-identity-assertion-authz-grant, section 4.4).

use bailiwick_domain::client::GrantType;

use crate::authority::Authority;
use crate::issue::client;
use crate::issue::form::Form;
use crate::issue::mint::Issued;
use crate::issue::refused::Refused;
use crate::issue::said::{self, Sort};
use crate::issue::{party, person, sender};
use crate::prove::Received;

/// The grant type's name.
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Decides a token request.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    let client = client::authenticate(authority, received, form).await?;
    party::check_registered(authority, &client.agent, GrantType::JwtBearer).await?;
    let assertion = form.assertion.as_deref();
    let assertion = assertion.ok_or(Refused::InvalidRequest("assertion is missing"))?;
    let sort = if said::is_id_jag(assertion) { Sort::IdJag } else { Sort::Assertion };
    let said = said::verify(authority, &client, assertion, sort).await?;
    let by_dpop = sender::by_dpop(authority, received, client.key.id).await?;
    let tx = authority.store.begin().await?;
    person::exchange(authority, tx, (&client, form), &said, by_dpop).await
}
