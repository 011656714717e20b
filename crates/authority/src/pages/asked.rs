//! What a page asks of a person's authenticator, and the bytes that come back in a form.

use axum::response::Response;
use bailiwick_domain::id::PersonId;
use bailiwick_proof::passkey::Registration;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::SET_COOKIE;

use crate::authority::Authority;
use crate::pages::assets::SCRIPT;
use crate::pages::form::Form;
use crate::pages::policy::Policy;
use crate::people::attempt::Begun;
use crate::people::cookie::Cookie;
use crate::people::party::Party;
use crate::people::passkey::CHALLENGE_SECONDS;
use crate::refusal::Refusal;

/// What is asked, as the page's script reads it off the form.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Where the script is.
    pub(crate) script: &'static str,
    /// The challenge.
    pub(crate) challenge: String,
    /// The relying party.
    pub(crate) party: String,
    /// Whom a new passkey is for; nothing that says who that is.
    pub(crate) user: String,
}

impl Asked {
    /// What the ceremony that was begun asks, of this person.
    pub(crate) fn new(
        authority: &Authority,
        begun: &Begun,
        person: PersonId,
    ) -> Result<Self, Refusal> {
        let party = Party::of(authority).ok_or(Refusal::NotFound("way to sign in"))?;
        Ok(Self {
            script: &SCRIPT.path,
            challenge: URL_SAFE_NO_PAD.encode(begun.passkey_challenge()),
            party: party.rp_id,
            user: URL_SAFE_NO_PAD.encode(person.bits().to_be_bytes()),
        })
    }
}

/// Pages with a ceremony run this authority's script, and no other.
pub(crate) fn policy() -> Policy {
    Policy { script: true, ..Policy::default() }
}

/// Gives the browser the cookie of the ceremony that was begun.
pub(crate) fn remember(
    authority: &Authority,
    begun: &Begun,
    mut page: Response,
) -> Result<Response, Refusal> {
    let cookie = Cookie::Passkey.set(authority, &begun.cookie, CHALLENGE_SECONDS)?;
    page.headers_mut().append(SET_COOKIE, cookie);
    Ok(page)
}

/// What came back of a passkey that was made.
pub(crate) struct Made {
    client_data: Vec<u8>,
    attestation: Vec<u8>,
}

impl Made {
    pub(crate) fn read(form: &Form) -> Result<Self, Refusal> {
        let (client_data, attestation) = (bytes(form, "client_data")?, bytes(form, "attestation")?);
        Ok(Self { client_data, attestation })
    }

    pub(crate) fn answer(&self) -> Registration<'_> {
        Registration { client_data: &self.client_data, attestation: &self.attestation }
    }
}

/// A field in base64url.
pub(crate) fn bytes(form: &Form, name: &str) -> Result<Vec<u8>, Refusal> {
    let text = form.one(name).filter(|text| !text.is_empty());
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    bytes.ok_or(Refusal::SignInFailed("the browser gave no passkey"))
}
