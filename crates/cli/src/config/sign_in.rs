//! `[[authority.sign_in]]`: the providers at which people sign in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bailiwick_fetch::Url;

use super::secret::{self, SecretSource};
use super::section::{Noted, Section};

/// An `OpenID` provider, and who of its people may sign in.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// What it is called on pages and in paths.
    pub name: String,
    /// Its issuer identifier, exactly as its tokens say it.
    pub issuer: String,
    /// What this authority is called there.
    pub client_id: String,
    /// The secret that goes with it; absent for a public client.
    pub client_secret: Option<SecretSource>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Whose verified addresses are let in.
    pub allow: Vec<String>,
    /// What their tokens have to claim besides.
    pub claims: BTreeMap<String, String>,
    /// Whether those of its people who decide about requests are asked there too.
    pub approvals: bool,
}

const NAME: &str = "a short name, as in \"acme\": a-z, 0-9 and -";
const ISSUER: &str = "the provider's issuer, as in \"https://id.acme.example\"";
const ALLOW: &str = "addresses, as in [\"*@acme.example\"]; [\"*\"] is everybody at the provider";
const CLAIMS: &str = "texts by claim, as in { groups = \"agents\" }";
/// The longest name.
const LONGEST_NAME: usize = 32;

pub(super) fn read(section: &mut Section<'_>, base: &Path) -> Option<SignInSettings> {
    let name = read_name(section);
    let issuer = read_issuer(section);
    let client_id = section.required("client_id", "the name of this client at the provider");
    let client_secret = read_secret(section, base);
    let scopes = read_scopes(section);
    let allow = read_allow(section);
    let claims = section.find("claims", CLAIMS).unwrap_or_default();
    let approvals = section.find("approvals", "true or false").unwrap_or_default();
    Some(SignInSettings {
        name: name?,
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret.ok()?,
        scopes: scopes?,
        allow: allow?,
        claims,
        approvals,
    })
}

/// One name is one provider.
pub(super) fn refuse_twice(section: &mut Section<'_>, read: &[Option<SignInSettings>]) {
    let mut names = BTreeSet::new();
    for way in read.iter().flatten() {
        if !names.insert(&way.name) {
            let reason = format!("`{}` is there twice", way.name);
            section.refuse("sign_in", reason, "give each provider a name of its own");
        }
    }
}

/// A short name that can be part of a path.
pub(super) fn read_name(section: &mut Section<'_>) -> Option<String> {
    let name = section.required("name", NAME)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain) {
        return Some(name);
    }
    section.refuse("name", format!("`{name}` is not such a name"), format!("write {NAME}"));
    None
}

/// Kept as it is written: it is compared exactly.
fn read_issuer(section: &mut Section<'_>) -> Option<String> {
    let issuer = section.required("issuer", ISSUER)?;
    match issuer.parse::<Url>() {
        Ok(_) if !issuer.contains('?') => Some(issuer),
        Ok(_) => {
            section.refuse("issuer", "has a query", format!("write {ISSUER}"));
            None
        }
        Err(error) => {
            section.refuse("issuer", error.to_string(), format!("write {ISSUER}"));
            None
        }
    }
}

fn read_secret(section: &mut Section<'_>, base: &Path) -> Result<Option<SecretSource>, Noted> {
    if !section.has("client_secret") {
        return Ok(None);
    }
    secret::read(section, "client_secret", base).map(Some).ok_or(Noted)
}

fn read_scopes(section: &mut Section<'_>) -> Option<Vec<String>> {
    let expected = "scopes, as in [\"email\", \"profile\"]";
    let default = || vec!["email".to_owned(), "profile".to_owned()];
    let scopes: Vec<String> = section.find("scopes", expected).unwrap_or_else(default);
    // scope-token (RFC 6749, section 3.3).
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
    match scopes.iter().find(|scope| scope.is_empty() || !scope.bytes().all(plain)) {
        None => Some(scopes),
        Some(scope) => {
            section.refuse("scopes", format!("`{scope}` is no scope"), format!("write {expected}"));
            None
        }
    }
}

fn read_allow(section: &mut Section<'_>) -> Option<Vec<String>> {
    let allow: Vec<String> = section.find("allow", ALLOW).unwrap_or_default();
    if allow.is_empty() {
        section.refuse("allow", "is missing: nobody may sign in", format!("write {ALLOW}"));
        return None;
    }
    match allow.iter().find(|pattern| !is_pattern(pattern)) {
        None => Some(allow),
        Some(pattern) => {
            let reason = format!("`{pattern}` is no address");
            section.refuse("allow", reason, format!("write {ALLOW}"));
            None
        }
    }
}

fn is_pattern(text: &str) -> bool {
    let parts = text.split_once('@');
    let whole = |(local, domain): (&str, &str)| {
        let local = local == "*" || !local.contains('*');
        local && !domain.is_empty() && !domain.contains(['@', '*']) && !text.starts_with('@')
    };
    text == "*" || parts.is_some_and(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_person_or_one_whole_domain() {
        for text in ["*", "*@acme.example", "ada@acme.example"] {
            assert!(is_pattern(text), "{text}");
        }
        for text in ["", "@acme.example", "acme.example", "a*@acme.example", "*@*", "ada@", "a@b@c"]
        {
            assert!(!is_pattern(text), "{text}");
        }
    }
}
