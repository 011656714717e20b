//! Cookies: read from a request, and written for an issuer (RFC 6265, sections 4.1 and 4.2).

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::authority::Authority;
use crate::fault::Fault;

/// A cookie of this authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Carries a person's sign-in.
    Session,
    /// Carries a sign-in that was begun at a provider.
    Attempt,
    /// Carries a ceremony with a passkey that was begun.
    Passkey,
}

impl Cookie {
    /// Its name. Browsers hold `__Host-` to mean that only this host, over TLS, can have set it
    /// (RFC 6265bis, section 4.1.3.2); an issuer on plain HTTP, on this machine only, has none.
    pub(crate) fn name(self, authority: &Authority) -> &'static str {
        match (self, is_secure(authority)) {
            (Self::Session, true) => "__Host-bailiwick",
            (Self::Session, false) => "bailiwick_session",
            (Self::Passkey, true) => "__Host-bailiwick-passkey",
            (Self::Passkey, false) => "bailiwick_passkey",
            (Self::Attempt, true) => "__Host-bailiwick-attempt",
            (Self::Attempt, false) => "bailiwick_attempt",
        }
    }

    /// Its value; nothing when it is there twice, since one of them was planted.
    pub(crate) fn find<'h>(self, authority: &Authority, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.name(authority);
        let texts = headers.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
        let pairs = texts.flat_map(|text| text.split(';'));
        let mut values = pairs.filter_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        });
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// `Set-Cookie` for this value, for so many seconds. The value is a secret made here: letters,
    /// digits, `-`, `_` and `.` only.
    pub(crate) fn set(
        self,
        authority: &Authority,
        value: &str,
        seconds: i64,
    ) -> Result<HeaderValue, Fault> {
        let name = self.name(authority);
        let secure = if is_secure(authority) { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut field =
            HeaderValue::try_from(text).map_err(|_| Fault::Corrupt("the value of a cookie"))?;
        field.set_sensitive(true);
        Ok(field)
    }

    /// `Set-Cookie` that removes it.
    pub(crate) fn clear(self, authority: &Authority) -> Result<HeaderValue, Fault> {
        self.set(authority, "", 0)
    }
}

fn is_secure(authority: &Authority) -> bool {
    authority.origin().0 == "https"
}
