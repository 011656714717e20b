//! The providers at which people may sign in, and who of their people may.

use std::collections::BTreeMap;
use std::fmt;

use bailiwick_fetch::ClientName;
use bailiwick_proof::jwt::IdToken;
use zeroize::Zeroizing;

/// An `OpenID` provider at which people sign in, as the configuration says it.
#[derive(Clone)]
pub struct Way {
    /// What it is called on pages and in paths: a-z, 0-9 and `-`.
    pub name: String,
    /// Its issuer identifier (OpenID Connect Discovery 1.0, section 3).
    pub issuer: String,
    /// What this authority is called there.
    pub client_id: String,
    /// The secret that goes with it; a public client has none.
    pub client_secret: Option<Zeroizing<String>>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Who of its people may sign in here.
    pub admits: Admits,
    /// Whether those of its people who decide about requests are asked there too.
    pub approvals: bool,
}

/// Who of a provider's people may sign in: those with one of the addresses, and all of the claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admits {
    /// Addresses that the provider has verified: `ada@acme.example`, `*@acme.example` for a whole
    /// domain, `*` for everybody there, with or without an address. Compared without regard to
    /// the case of ASCII letters.
    pub addresses: Vec<String>,
    /// Claims and the text that each has to be, or to have in its list.
    pub claims: BTreeMap<String, String>,
}

impl Way {
    /// Its client, as the provider knows it.
    pub(crate) fn client(&self) -> ClientName<'_> {
        ClientName {
            id: &self.client_id,
            secret: self.client_secret.as_ref().map(|it| it.as_str()),
        }
    }
}

impl Admits {
    /// Whether the person whom this token is about may sign in.
    pub(crate) fn admits(&self, token: &IdToken) -> bool {
        let address = token.email();
        self.addresses.iter().any(|pattern| fits(pattern, address))
            && self.claims.iter().all(|(name, value)| token.says(name, value))
    }
}

fn fits(pattern: &str, address: Option<&str>) -> bool {
    if pattern == "*" {
        return true;
    }
    let Some(address) = address else { return false };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    match pattern.strip_prefix("*@") {
        Some(wanted) => !local.is_empty() && domain.eq_ignore_ascii_case(wanted),
        None => address.eq_ignore_ascii_case(pattern),
    }
}

/// Without the secret.
impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Way({} {} {})", self.name, self.issuer, self.client_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, address: Option<&str>, expected: bool) {
        assert_eq!(fits(pattern, address), expected, "{pattern} {address:?}");
    }

    #[test]
    fn a_domain_admits_its_own_addresses_and_no_others() {
        check("*", None, true);
        check("*@acme.example", Some("ada@acme.example"), true);
        check("*@acme.example", Some("ada@ACME.example"), true);
        check("ada@acme.example", Some("Ada@acme.example"), true);
        check("*@acme.example", None, false);
        check("*@acme.example", Some("ada@evil-acme.example"), false);
        check("*@acme.example", Some("ada@acme.example.evil.example"), false);
        check("*@acme.example", Some("ada@evil.example@acme.example.x"), false);
        check("*@acme.example", Some("@acme.example"), false);
        check("*@acme.example", Some("acme.example"), false);
        check("ada@acme.example", Some("bob@acme.example"), false);
        check("", Some(""), false);
    }
}
