//! Claims, read one by one (RFC 7519, section 4.1).

use std::str::FromStr;

use bailiwick_domain::denial::Denial;
use serde_json::{Map, Value};

/// The verified claims of a token.
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    pub(super) fn text(&self, name: &str) -> Result<&str, Denial> {
        self.0.get(name).and_then(Value::as_str).ok_or(unreadable(name))
    }

    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<T, Denial> {
        self.text(name)?.parse().map_err(|_| unreadable(name))
    }

    /// As [`Self::parsed`], for a claim that may be left out.
    pub(super) fn parsed_if_any<T: FromStr>(&self, name: &str) -> Result<Option<T>, Denial> {
        self.0.contains_key(name).then(|| self.parsed(name)).transpose()
    }

    /// A whole number of seconds since the epoch, within what a civil calendar can print.
    pub(super) fn seconds(&self, name: &str) -> Result<i64, Denial> {
        const LATEST: i64 = 253_402_300_799;
        let seconds = self.0.get(name).and_then(Value::as_i64);
        seconds.filter(|it| (0..=LATEST).contains(it)).ok_or(unreadable(name))
    }

    /// As [`Self::seconds`], for a claim that may be left out.
    pub(super) fn seconds_if_any(&self, name: &str) -> Result<Option<i64>, Denial> {
        self.0.contains_key(name).then(|| self.seconds(name)).transpose()
    }

    /// `aud`: one text or a list of them, not empty.
    pub(super) fn audience(&self) -> Result<Vec<String>, Denial> {
        let listed = match self.0.get("aud") {
            Some(Value::String(one)) => return Ok(vec![one.clone()]),
            Some(Value::Array(listed)) if !listed.is_empty() => listed,
            _ => return Err(unreadable("aud")),
        };
        let texts = listed.iter().map(|it| it.as_str().map(str::to_owned));
        texts.collect::<Option<_>>().ok_or(unreadable("aud"))
    }
}

/// Says which claim is missing or not what it should be.
pub(super) fn unreadable(name: &str) -> Denial {
    Denial::TokenInvalid(match name {
        "iss" => "iss is missing or cannot be read",
        "sub" => "sub is missing or cannot be read",
        "aud" => "aud is missing or cannot be read",
        "exp" => "exp is missing or cannot be read",
        "iat" => "iat is missing or cannot be read",
        "nbf" => "nbf cannot be read",
        "nonce" => "nonce is missing or cannot be read",
        "jti" => "jti is missing or cannot be read",
        "client_id" => "client_id is missing or cannot be read",
        "scope" => "scope is missing or cannot be read",
        "act" => "act cannot be read",
        "status" => "status cannot be read",
        "may_act" => "may_act cannot be read",
        "authorization_details" => "authorization_details cannot be read",
        _ => "a claim is missing or cannot be read",
    })
}
