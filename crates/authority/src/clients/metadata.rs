//! What a client says of itself (RFC 7591, section 2), read.

use std::collections::BTreeSet;

use bailiwick_domain::client::{ClientRegistration, GrantType, MOST_REDIRECTS, Method, Source};
use bailiwick_domain::id::AgentId;
use bailiwick_domain::redirect::RedirectUri;
use bailiwick_domain::time::Timestamp;
use bailiwick_fetch::Url;
use serde_json::{Map, Value};

use crate::text::is_plain_line;

/// The longest name, in bytes.
const NAME: usize = 200;
/// The most texts of one list.
const LIST: usize = 32;

/// Why a client cannot be registered so (RFC 7591, section 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// A redirect URI is none, or there is none.
    RedirectUri(String),
    /// Anything else.
    Metadata(String),
}

/// What a client says of itself; nothing of it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// Where answers may go.
    pub(crate) redirect_uris: Vec<RedirectUri>,
    /// What it calls itself.
    pub(crate) name: Option<String>,
    /// How it authenticates.
    pub(crate) method: Option<Method>,
    /// What it asks for tokens by.
    pub(crate) grants: Option<BTreeSet<GrantType>>,
    /// Whether its tokens are always bound by DPoP.
    pub(crate) dpop_bound: bool,
    /// Where it is told of a person's decision (CIBA Core 1.0, section 4).
    pub(crate) notification_endpoint: Option<String>,
}

/// What is taken of a client that does not say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults<'a> {
    /// What it is called.
    pub(crate) name: &'a str,
    /// How it authenticates.
    pub(crate) method: Method,
    /// What it asks for tokens by.
    pub(crate) grants: &'a [GrantType],
}

impl Metadata {
    /// Reads the members; those that are not known are ignored (RFC 7591, section 2).
    pub(crate) fn read(members: &Map<String, Value>) -> Result<Self, Unfit> {
        for name in ["client_secret", "client_secret_expires_at"] {
            if members.contains_key(name) {
                return Err(unfit("there are no client secrets here"));
            }
        }
        for response in texts(members, "response_types")?.unwrap_or_default() {
            if response != "code" {
                return Err(unfit("response_types: `code` is the only one"));
            }
        }
        let method = text(members, "token_endpoint_auth_method")?.map(str::parse::<Method>);
        Ok(Self {
            redirect_uris: redirects(members)?,
            name: text(members, "client_name")?.map(name).transpose()?,
            method: method.transpose().map_err(|error| unfit(&error.to_string()))?,
            grants: texts(members, "grant_types")?.map(|it| grants(&it)).transpose()?,
            dpop_bound: match members.get("dpop_bound_access_tokens") {
                None => false,
                Some(value) => value
                    .as_bool()
                    .ok_or_else(|| unfit("dpop_bound_access_tokens is no boolean"))?,
            },
            notification_endpoint: notification_endpoint(members)?,
        })
    }

    /// The registration of an agent with this metadata; refused when it contradicts itself.
    pub(crate) fn register(
        self,
        (agent, source): (AgentId, Source),
        defaults: Defaults<'_>,
        now: Timestamp,
    ) -> Result<ClientRegistration, Unfit> {
        let default = || defaults.grants.iter().copied().collect();
        let registration = ClientRegistration {
            agent,
            source,
            name: self.name.unwrap_or_else(|| defaults.name.to_owned()),
            redirect_uris: self.redirect_uris,
            method: self.method.unwrap_or(defaults.method),
            grants: self.grants.unwrap_or_else(default),
            dpop_bound: self.dpop_bound,
            notification_endpoint: self.notification_endpoint,
            created_at: now,
            updated_at: now,
        };
        let grants = &registration.grants;
        if grants.contains(&GrantType::AuthorizationCode) && registration.redirect_uris.is_empty() {
            return Err(Unfit::RedirectUri("redirect_uris: name at least one".to_owned()));
        }
        let proven = [
            GrantType::ClientCredentials,
            GrantType::TokenExchange,
            GrantType::JwtBearer,
            GrantType::Backchannel,
        ];
        if let Some(grant) = proven.into_iter().find(|it| grants.contains(it))
            && registration.is_public()
        {
            return Err(unfit(&format!("{} is for clients that authenticate", grant.as_str())));
        }
        if registration.notification_endpoint.is_some() && !grants.contains(&GrantType::Backchannel)
        {
            return Err(unfit("only a client of CIBA's grant is notified"));
        }
        Ok(registration)
    }
}

fn unfit(why: &str) -> Unfit {
    Unfit::Metadata(why.to_owned())
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Unfit> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(unfit(&format!("{name} is no text"))),
    }
}

fn texts<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, Unfit> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let listed = value.as_array().filter(|listed| listed.len() <= LIST);
    let read = listed.and_then(|listed| listed.iter().map(Value::as_str).collect());
    read.map(Some).ok_or_else(|| unfit(&format!("{name} is no list of at most {LIST} texts")))
}

fn redirects(members: &Map<String, Value>) -> Result<Vec<RedirectUri>, Unfit> {
    let listed = texts(members, "redirect_uris")?.unwrap_or_default();
    if listed.len() > MOST_REDIRECTS {
        return Err(Unfit::RedirectUri(format!("more than {MOST_REDIRECTS} redirect URIs")));
    }
    let read = listed.iter().map(|text| text.parse());
    let read = read.collect::<Result<Vec<RedirectUri>, _>>();
    read.map_err(|error| Unfit::RedirectUri(error.to_string()))
}

/// Grants that are not offered are left out (RFC 7591, section 2); what was registered is answered.
fn grants(listed: &[&str]) -> Result<BTreeSet<GrantType>, Unfit> {
    let known: BTreeSet<GrantType> = listed.iter().filter_map(|text| text.parse().ok()).collect();
    if known.is_empty() {
        Err(unfit("grant_types has none that is offered here"))
    } else {
        Ok(known)
    }
}

/// Where a client in ping mode is told; none of one that polls. Whether plain HTTP or an address
/// may be asked, the guard knows when it is.
fn notification_endpoint(members: &Map<String, Value>) -> Result<Option<String>, Unfit> {
    if members.get("backchannel_user_code_parameter").is_some_and(|it| *it != Value::Bool(false)) {
        return Err(unfit("backchannel_user_code_parameter: no user codes are asked for here"));
    }
    let endpoint = text(members, "backchannel_client_notification_endpoint")?;
    match (text(members, "backchannel_token_delivery_mode")?, endpoint) {
        (None | Some("poll"), None) => Ok(None),
        (Some("ping"), Some(endpoint)) => {
            let url = endpoint.parse::<Url>();
            let wrong = |why| unfit(&format!("backchannel_client_notification_endpoint: {why}"));
            Ok(Some(url.map_err(wrong)?.to_string()))
        }
        (Some("ping"), None) => {
            Err(unfit("backchannel_client_notification_endpoint is missing: ping goes there"))
        }
        (None | Some("poll"), Some(_)) => {
            Err(unfit("backchannel_client_notification_endpoint is for ping"))
        }
        (Some(_), _) => Err(unfit("backchannel_token_delivery_mode is `poll` or `ping`")),
    }
}

/// A name is one plain line: no control characters, and none that turn the direction of what stands
/// beside it on a page.
fn name(text: &str) -> Result<String, Unfit> {
    if is_plain_line(text, NAME) {
        Ok(text.trim().to_owned())
    } else {
        Err(unfit("client_name is a plain line of at most 200 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<Metadata, Unfit> {
        Metadata::read(value.as_object().unwrap())
    }

    #[test]
    fn what_is_known_is_read_and_the_rest_ignored() {
        let read = read(&json!({
            "redirect_uris": ["https://app.example/cb"],
            "client_name": " App ",
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token", "implicit"],
            "response_types": ["code"],
            "logo_uri": "https://app.example/logo.png",
        }))
        .unwrap();
        assert_eq!((read.name.as_deref(), read.method), (Some("App"), Some(Method::None)));
        let expected = [GrantType::AuthorizationCode, GrantType::RefreshToken].into();
        assert_eq!(read.grants, Some(expected));
    }

    #[test]
    fn a_client_of_cibas_grant_polls_or_is_told_where_it_says() {
        let (mode, place) =
            ("backchannel_token_delivery_mode", "backchannel_client_notification_endpoint");
        let url = "https://app.example/ping";
        for (members, endpoint) in [
            (json!({}), None),
            (json!({ mode: "poll", "backchannel_user_code_parameter": false }), None),
            (json!({ mode: "ping", place: url }), Some(url)),
        ] {
            let read = read(&members).unwrap();
            assert_eq!(read.notification_endpoint.as_deref(), endpoint, "{members}");
        }
        for members in [
            json!({ mode: "push", place: url }),
            json!({ mode: "ping" }),
            json!({ mode: "poll", place: url }),
            json!({ place: url }),
            json!({ mode: "ping", place: "app.example" }),
            json!({ mode: "ping", place: "ftp://app.example/" }),
            json!({ "backchannel_user_code_parameter": true }),
        ] {
            assert!(read(&members).is_err(), "{members}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for bad in [
            json!({ "redirect_uris": "https://app.example/cb" }),
            json!({ "redirect_uris": [1] }),
            json!({ "redirect_uris": ["http://app.example/cb"] }),
            json!({ "redirect_uris": vec!["https://app.example/cb"; MOST_REDIRECTS + 1] }),
            json!({ "client_name": "a\nb" }),
            json!({ "client_name": "\u{202e}ppa" }),
            json!({ "client_name": " " }),
            json!({ "client_name": "a".repeat(NAME + 1) }),
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            json!({ "grant_types": ["implicit"] }),
            json!({ "grant_types": [] }),
            json!({ "response_types": ["token"] }),
            json!({ "client_secret": "x" }),
            json!({ "dpop_bound_access_tokens": "yes" }),
        ] {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}
