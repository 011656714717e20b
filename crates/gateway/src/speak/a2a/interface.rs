//! Where the agent behind is spoken with: the interfaces of its card, as paths of its API.

use bailiwick_contract::card::{self, Binding};
use bailiwick_domain::a2a::VERSION;
use bailiwick_domain::api::Api;

/// One interface that requests may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// How the protocol is spoken there: by JSON-RPC, or by HTTP with JSON.
    pub binding: Binding,
    /// Its path within the API, without a slash at its end.
    pub path: String,
    /// What requests have to name as their tenant; where nothing, none (section 8.3.2).
    pub tenant: Option<String>,
}

impl Interface {
    /// An interface of a card, if requests can reach it through the gateway: it is of the version
    /// and of a binding that are spoken, and lies where clients find the API, or, where the card
    /// may be rewritten, at the API's upstream.
    pub fn of(told: &card::Interface, api: &Api, may_be_rewritten: bool) -> Option<Self> {
        let is_spoken = matches!(told.binding, Binding::JsonRpc | Binding::HttpJson);
        if !is_spoken || told.version != VERSION {
            return None;
        }
        let behind = || within(&told.url, &api.upstream).filter(|_| may_be_rewritten);
        let path = within(&told.url, &api.resource).or_else(behind)?;
        Some(Self { binding: told.binding, path: path.to_owned(), tenant: told.tenant.clone() })
    }

    /// Whether an interface of a card, of whatever version and binding, lies where clients find the
    /// API.
    pub fn is_here(told: &card::Interface, api: &Api) -> bool {
        within(&told.url, &api.resource).is_some()
    }

    /// What of a path is behind this interface; nothing where the path is not of it.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.path.as_str())?;
        match self.binding {
            Binding::JsonRpc => matches!(rest, "" | "/").then_some(""),
            _ => rest.strip_prefix('/').filter(|rest| !rest.is_empty()),
        }
    }
}

/// The path of a URL below another, without a slash at its end.
fn within<'a>(url: &'a str, base: &str) -> Option<&'a str> {
    let rest = url.strip_prefix(base.trim_end_matches('/'))?.trim_end_matches('/');
    let is_path = rest.is_empty() || rest.starts_with('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let has_dots = rest.split('/').any(|segment| matches!(segment, "." | ".."));
    (is_path && !has_dots && rest.bytes().all(plain)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_a_path_below_a_base() {
        for (url, expected) in [
            ("https://a.test/agent", Some("")),
            ("https://a.test/agent/", Some("")),
            ("https://a.test/agent/v1", Some("/v1")),
            ("https://a.test/agents", None),
            ("https://a.test.evil/agent", None),
            ("http://a.test/agent", None),
            ("https://a.test/agent/../x", None),
            ("https://a.test/agent?x=1", None),
            ("https://a.test/agent/%2e", None),
        ] {
            assert_eq!(within(url, "https://a.test/agent/"), expected, "{url}");
        }
        assert_eq!(within("https://a.test.evil", "https://a.test"), None);
        assert_eq!(within("https://a.test@evil", "https://a.test"), None);
    }

    #[test]
    fn a_path_is_of_an_interface_as_its_binding_has_it() {
        let strip = |binding, base: &str, path| {
            let interface = Interface { binding, path: base.to_owned(), tenant: None };
            interface.strip(path).map(str::to_owned)
        };
        let found = |rest: &str| Some(rest.to_owned());
        assert_eq!(strip(Binding::JsonRpc, "", "/"), found(""));
        assert_eq!(strip(Binding::JsonRpc, "/v1", "/v1"), found(""));
        assert_eq!(strip(Binding::JsonRpc, "/v1", "/v1/tasks"), None);
        assert_eq!(strip(Binding::JsonRpc, "/v1", "/v12"), None);
        assert_eq!(strip(Binding::HttpJson, "", "/tasks/7"), found("tasks/7"));
        assert_eq!(strip(Binding::HttpJson, "/v1", "/v1/tasks"), found("tasks"));
        assert_eq!(strip(Binding::HttpJson, "/v1", "/v1tasks"), None);
        assert_eq!(strip(Binding::HttpJson, "/v1", "/v1"), None);
    }
}
