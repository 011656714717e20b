//! From host and path to an API, and within it to an operation.

use std::sync::Arc;

use bailiwick_contract::document::Document;
use bailiwick_contract::service::{Confirmed, Service};
use bailiwick_domain::api::{Api, Kind};
use bailiwick_domain::mcp::Names;
use bailiwick_domain::operation::{Ambiguous, Operation, Routes};
use bailiwick_proof::card_signature::{self, CardKeys};
use bailiwick_store::api_documents::ApiDocument;

use crate::documents::Documents;
use crate::speak::a2a::remote::Remote;
use crate::speak::mcp::housekeeping::House;
use crate::upstream::endpoint::Endpoint;

/// Where what an API is can be read (RFC 9728, section 3): this path, and then its resource's own.
pub const METADATA: &str = "/.well-known/oauth-protected-resource";

/// The APIs behind the gateway, arranged for finding.
#[derive(Debug, Default, Clone)]
pub struct Apis {
    routed: Vec<Arc<Routed>>,
    documents: Arc<Documents>,
}

/// An API, where its requests go, and where A2A is spoken the keys that sign its card.
pub type Opened = (Api, Endpoint, Option<Arc<CardKeys>>);

/// One API, ready to be asked.
#[derive(Debug)]
pub struct Routed {
    /// What is configured of it.
    pub api: Api,
    /// Its place in the list: its name for pools.
    pub place: usize,
    /// Where its requests go.
    pub endpoint: Endpoint,
    /// Where clients read what it is; nowhere when its resource identifier is no URL.
    pub metadata: Option<Metadata>,
    /// What it can be asked to do, and what is described of it.
    pub service: Service,
    /// Where MCP is spoken, its tools, resources and prompts; no others.
    pub names: Names,
    /// Where MCP is spoken, what the protocol keeps house by.
    pub house: Option<Arc<House>>,
    /// Where A2A is spoken, the agent that is behind it.
    pub remote: Option<Arc<Remote>>,
    /// Where A2A is spoken, the keys one of which has to sign its card.
    pub card_keys: Option<Arc<CardKeys>>,
    configured: Vec<Arc<Operation>>,
    routes: Routes,
}

/// The operations of an API, arranged for finding as its kind is asked.
#[derive(Default)]
struct Found {
    routes: Routes,
    names: Names,
    remote: Option<Arc<Remote>>,
}

impl Found {
    fn new(api: &Api, service: &Service) -> Result<Self, Ambiguous> {
        let operations = service.operations();
        match api.kind {
            Kind::Http => Ok(Self { routes: Routes::new(operations)?, ..Self::default() }),
            Kind::Mcp => Ok(Self { names: Names::new(operations)?, ..Self::default() }),
            Kind::A2a => {
                let remote = Some(Arc::new(Remote::arrange(api, service)?));
                Ok(Self { remote, ..Self::default() })
            }
        }
    }
}

impl Apis {
    /// Arranges APIs; refused where operations cannot be told apart.
    pub fn new(apis: impl IntoIterator<Item = Opened>) -> Result<Self, Ambiguous> {
        let mut arranged = Vec::new();
        for (place, opened) in apis.into_iter().enumerate() {
            arranged.push(Arc::new(Routed::new(place, opened)?));
        }
        // The most particular first: a named host before any host, a longer prefix before a
        // shorter.
        arranged.sort_by_key(|routed| {
            (routed.api.hosts.is_empty(), std::cmp::Reverse(routed.api.prefix.len()))
        });
        Ok(Self { routed: arranged, documents: Arc::default() })
    }

    /// The same, with a description that was accepted. Of an API whose description cannot be read
    /// nothing is served: neither what a request has to fit nor what is to be masked is known.
    #[must_use]
    pub fn with(&self, accepted: &ApiDocument) -> Self {
        let mut apis = self.clone();
        let named = |routed: &&mut Arc<Routed>| *routed.api.name == *accepted.accepted.api;
        for routed in apis.routed.iter_mut().filter(named) {
            let confirmed = Confirmed::read(&accepted.accepted.confirmed);
            let described = self.documents.read(accepted).map_err(|error| error.to_string());
            let served = described.and_then(|document| {
                if document.kind != routed.api.kind {
                    return Err("it describes an API of another kind".to_owned());
                }
                routed.check_card(&document)?;
                routed.serving(&document, &confirmed).map_err(|error| error.to_string())
            });
            let served = served.unwrap_or_else(|error| {
                tracing::error!(
                    api = %routed.api.name, version = accepted.accepted.version, %error,
                    "the description of an API cannot be served, and so nothing of it is"
                );
                routed.withheld()
            });
            *routed = Arc::new(served);
        }
        apis
    }

    /// The API whose metadata is at this path.
    pub fn described_at(&self, host: &str, path: &str) -> Option<&Routed> {
        let mut here = self.routed.iter().filter(|routed| routed.answers_to(host));
        let found = here.find(|routed| routed.metadata.as_ref().is_some_and(|it| it.path == path));
        found.map(AsRef::as_ref)
    }

    /// The API of this name.
    pub fn named(&self, name: &str) -> Option<&Arc<Routed>> {
        self.routed.iter().find(|routed| *routed.api.name == *name)
    }

    /// The API that answers for this host and path.
    pub fn find(&self, host: &str, path: &str) -> Option<&Arc<Routed>> {
        self.routed.iter().find(|routed| routed.answers(host, path))
    }
}

/// Where the metadata of an API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// As it is told to clients.
    pub url: String,
    path: String,
}

impl Metadata {
    /// The well-known path goes between host and path of the resource (RFC 9728, section 3.1).
    fn of(resource: &str) -> Option<Self> {
        let (scheme, rest) = resource.split_once("://")?;
        if !["http", "https"].contains(&scheme) || rest.contains(['?', '#', '"', '\\']) {
            return None;
        }
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) if !path.is_empty() => {
                (authority, format!("{METADATA}/{path}"))
            }
            Some((authority, _)) => (authority, METADATA.to_owned()),
            None => (rest, METADATA.to_owned()),
        };
        Some(Self { url: format!("{scheme}://{authority}{path}"), path })
    }
}

impl Routed {
    fn new(place: usize, (api, endpoint, card_keys): Opened) -> Result<Self, Ambiguous> {
        let service = Service::configured(&api.operations);
        let Found { routes, names, remote } = Found::new(&api, &service)?;
        let house = (api.kind == Kind::Mcp).then(|| Arc::new(House::of(&api.name)));
        let (metadata, configured) = (Metadata::of(&api.resource), api.operations.clone());
        let described = api.described;
        let routed = Self {
            api,
            place,
            endpoint,
            metadata,
            service,
            names,
            house,
            remote,
            card_keys,
            configured,
            routes,
        };
        Ok(if described { routed.withheld() } else { routed })
    }

    /// The API with nothing to be asked for, until a description of it is known.
    fn withheld(&self) -> Self {
        let api = Api { operations: Vec::new(), ..self.api.clone() };
        self.with(api, Service::default(), Found::default())
    }

    /// The API with what this document describes of it.
    fn serving(&self, document: &Document, confirmed: &Confirmed) -> Result<Self, Ambiguous> {
        let service = Service::new(&self.configured, &self.api.name, document, confirmed);
        let found = Found::new(&self.api, &service)?;
        let api = Api { operations: service.operations().to_vec(), ..self.api.clone() };
        Ok(self.with(api, service, found))
    }

    /// Whether the card that describes it, where one does, is signed as it has to be: keys may have
    /// been pinned since it was accepted.
    fn check_card(&self, document: &Document) -> Result<(), String> {
        let Some(card) = &document.card else { return Ok(()) };
        let keys = self.card_keys.as_deref();
        card_signature::check(keys, &card.canonical(), card.signatures())
            .map_err(|error| error.to_string())
    }

    fn with(&self, api: Api, service: Service, found: Found) -> Self {
        let Found { routes, names, remote } = found;
        Self {
            api,
            place: self.place,
            endpoint: self.endpoint.clone(),
            metadata: self.metadata.clone(),
            service,
            names,
            house: self.house.clone(),
            remote,
            card_keys: self.card_keys.clone(),
            configured: self.configured.clone(),
            routes,
        }
    }

    fn answers(&self, host: &str, path: &str) -> bool {
        self.answers_to(host) && self.strip(path).is_some()
    }

    fn answers_to(&self, host: &str) -> bool {
        self.api.hosts.is_empty() || self.api.hosts.iter().any(|known| known == host)
    }

    /// The path as the API knows it: without the prefix, which ends at a segment's end.
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.api.prefix.as_str())?;
        match rest {
            "" => Some("/"),
            _ => rest.starts_with('/').then_some(rest),
        }
    }

    /// The operation that method and path name.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Arc<Operation>> {
        self.routes.find(method, self.strip(path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::api::{Enforcement, Mode};
    use bailiwick_domain::credential::Strength;
    use bailiwick_domain::scope::ScopeSet;
    use bailiwick_domain::time::Timestamp;
    use bailiwick_store::api_documents::Accepted;

    fn api(name: &str, hosts: &[&str], prefix: &str) -> Opened {
        let api = Api {
            name: name.into(),
            kind: Kind::Http,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            prefix: prefix.into(),
            upstream: "http://127.0.0.1:9".into(),
            resource: String::new(),
            proof: Strength::Key,
            mode: Mode::Enforce,
            pass_signature: false,
            workload_tokens: false,
            txn_token: false,
            described: false,
            contract: Enforcement::default(),
            operations: Vec::new(),
        };
        let endpoint = Endpoint::parse(&api.upstream, api.kind, None).unwrap();
        (api, endpoint, None)
    }

    fn check(host: &str, path: &str, expected: Option<&str>) {
        let apis = Apis::new([
            api("any", &[], "/acme"),
            api("deep", &[], "/acme/deep"),
            api("named", &["api.acme.test"], ""),
            api("both", &["api.acme.test"], "/v2"),
        ]);
        let apis = apis.unwrap();
        let found = apis.find(host, path).map(|routed| &*routed.api.name);
        assert_eq!(found, expected, "{host} {path}");
    }

    #[test]
    fn the_most_particular_api_answers() {
        check("x", "/acme", Some("any"));
        check("x", "/acme/tickets", Some("any"));
        check("x", "/acme/deep/tickets", Some("deep"));
        check("x", "/acme/deeper", Some("any"));
        check("x", "/acmes", None);
        check("x", "/", None);
        check("api.acme.test", "/acme/tickets", Some("named"));
        check("api.acme.test", "/v2/tickets", Some("both"));
        check("api.acme.test.evil", "/v2/tickets", None);
    }

    #[test]
    fn metadata_is_between_host_and_path() {
        for (resource, expected) in [
            ("https://a.test/acme", Some(("https://a.test", "/acme"))),
            ("https://a.test", Some(("https://a.test", ""))),
            ("https://a.test/", Some(("https://a.test", ""))),
            ("http://a.test:8700/x/y", Some(("http://a.test:8700", "/x/y"))),
            ("https://a.test/x?y", None),
            ("urn:acme", None),
            ("ftp://a.test/x", None),
        ] {
            let metadata = Metadata::of(resource);
            let url = expected.map(|(origin, path)| format!("{origin}{METADATA}{path}"));
            assert_eq!(metadata.map(|it| it.url), url, "{resource}");
        }
    }

    fn accepted(document: &str) -> ApiDocument {
        let accepted = Accepted {
            api: "any".to_owned(),
            version: 1,
            digest: document.to_owned(),
            confirmed: String::new(),
            because: String::new(),
            accepted_by: String::new(),
            accepted_at: Timestamp::default(),
        };
        ApiDocument { accepted, document: document.to_owned() }
    }

    #[test]
    fn nothing_is_served_of_an_api_whose_description_is_not_known_or_cannot_be_read() {
        let (mut api, endpoint, _) = api("any", &[], "");
        api.operations = vec![Arc::new(Operation::new("any", "GET", "/t", ScopeSet::default()))];
        let serves = |apis: &Apis| apis.find("x", "/t").unwrap().operation("GET", "/t").is_some();
        assert!(
            serves(&Apis::new([(api.clone(), endpoint.clone(), None)]).unwrap()),
            "not described"
        );
        api.described = true;
        let apis = Apis::new([(api, endpoint, None)]).unwrap();
        assert!(!serves(&apis));
        let apis = apis.with(&accepted(r#"{"openapi":"3.1.0","paths":{}}"#));
        assert!(serves(&apis));
        let apis = apis.with(&accepted("unreadable"));
        assert!(!serves(&apis));
    }

    #[test]
    fn a_prefix_is_stripped_at_a_segments_end() {
        let (api, endpoint, _) = api("any", &[], "/acme");
        let routed = Routed::new(0, (api, endpoint, None)).unwrap();
        assert_eq!(routed.strip("/acme"), Some("/"));
        assert_eq!(routed.strip("/acme/"), Some("/"));
        assert_eq!(routed.strip("/acme/x"), Some("/x"));
        assert_eq!(routed.strip("/acmex"), None);
    }
}
