//! Meeting a server of MCP, and having it list what it offers.

use std::time::Duration;

use bailiwick_contract::catalog::List;
use bailiwick_contract::document::{MAX_BYTES, MAX_OPERATIONS};
use bailiwick_domain::mcp::REVISIONS;
use reqwest::{StatusCode, Url};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refused};
use crate::client::{http_to, unreachable};
use crate::failure::Failure;

/// The revision that needs no session, and the last that does.
const STATELESS: &str = "2026-07-28";
const SESSION: &str = "2025-11-25";
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most pages of one list.
const MAX_PAGES: usize = 500;
/// JSON-RPC 2.0, section 5.1.
const METHOD_NOT_FOUND: i64 = -32_601;
/// `UnsupportedProtocolVersionError` (revision 2026-07-28).
const UNSUPPORTED_VERSION: i64 = -32_022;

/// A server that has said who it is.
#[derive(Debug)]
pub(crate) struct Server {
    http: reqwest::Client,
    url: Url,
    token: Option<String>,
    revision: &'static str,
    session: Option<String>,
    asked: u64,
    /// How many bytes it may still answer.
    left: usize,
}

/// What a server says of itself.
#[derive(Debug)]
pub(crate) struct Greeting {
    /// The revision that is spoken with it.
    pub(crate) revision: &'static str,
    /// Its name and version, as it writes them.
    pub(crate) server: Value,
    /// What it tells a model of how it is used.
    pub(crate) instructions: Option<String>,
    /// What it can do.
    pub(crate) capabilities: Value,
}

impl Server {
    /// Meets the server at an endpoint, with a bearer token where it wants one. A server that does
    /// not know the stateless manner is asked for a session ("Backward Compatibility" of Streamable
    /// HTTP, revision 2026-07-28).
    pub(crate) async fn meet(
        url: &str,
        token: Option<String>,
    ) -> Result<(Self, Greeting), Failure> {
        let url = endpoint(url)?;
        let (http, revision) = (http_to(&url)?, STATELESS);
        let mut server =
            Self { http, url, token, revision, session: None, asked: 0, left: MAX_BYTES };
        let found = server.ask("server/discover", Map::new()).await?.result();
        match found {
            Ok(found) if speaks(&found, "supportedVersions", STATELESS) => {
                let greeting = Greeting::new(STATELESS, &found);
                return Ok((server, greeting));
            }
            Err(refused) if refused.status == StatusCode::UNAUTHORIZED => {
                return Err(refused.failure("server/discover"));
            }
            Err(refused) if !refused.may_want_a_session() => {
                return Err(refused
                    .failure("server/discover")
                    .hint(format!("revisions that are spoken here: {}", REVISIONS.join(", "))));
            }
            Ok(_) | Err(_) => {}
        }
        let greeting = server.initialize().await?;
        Ok((server, greeting))
    }

    /// Opens a session ("Lifecycle", revision 2025-11-25).
    async fn initialize(&mut self) -> Result<Greeting, Failure> {
        self.revision = SESSION;
        let params = json!({
            "protocolVersion": SESSION, "capabilities": capabilities(), "clientInfo": client(),
        });
        let params = params.as_object().cloned().unwrap_or_default();
        let answer = self.ask("initialize", params).await?;
        self.session.clone_from(&answer.session);
        let found = answer.result().map_err(|refused| refused.failure("initialize"))?;
        let spoken = found.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
        let known = REVISIONS.into_iter().find(|it| *it == spoken && *it != STATELESS);
        self.revision = known.ok_or_else(|| {
            Failure::refused("the server speaks a revision of MCP that is not spoken here")
                .hint(format!("revisions that are spoken here: {}", REVISIONS.join(", ")))
        })?;
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.send("notifications/initialized", &initialized).await?;
        Ok(Greeting::new(self.revision, &found))
    }

    /// All of a list, page by page; nothing of one that the server does not have.
    pub(crate) async fn list(&mut self, list: List) -> Result<Vec<Value>, Failure> {
        let method = list.method();
        let odd = |what: &str| Failure::refused(format!("`{method}` was answered with {what}"));
        let (mut entries, mut params) = (Vec::new(), Map::new());
        for _ in 0..MAX_PAGES {
            let mut page = match self.ask(method, params.clone()).await?.result() {
                Ok(page) => page,
                Err(Refused { code: Some(METHOD_NOT_FOUND), .. }) => return Ok(entries),
                Err(refused) => return Err(refused.failure(method)),
            };
            match page.get_mut(list.member()).map(Value::take) {
                Some(Value::Array(found)) => entries.extend(found),
                _ => return Err(odd("no list")),
            }
            if entries.len() > MAX_OPERATIONS {
                return Err(odd(&format!("more than {MAX_OPERATIONS} entries")));
            }
            let next = page.get("nextCursor").filter(|cursor| !cursor.is_null());
            match next {
                None => return Ok(entries),
                Some(same) if params.get("cursor") == Some(same) => {
                    return Err(odd("the same page again"));
                }
                Some(next) => drop(params.insert("cursor".to_owned(), next.clone())),
            }
        }
        Err(odd(&format!("more than {MAX_PAGES} pages")))
    }

    /// Ends the session, if there is one; a server that does not end any says so, and that is fine.
    pub(crate) async fn leave(self) {
        if self.session.is_some() {
            let ended = self.dress(self.http.delete(self.url.clone()), None).send().await;
            drop(ended);
        }
    }

    async fn ask(&mut self, method: &str, params: Map<String, Value>) -> Result<Answer, Failure> {
        self.asked = self.asked.saturating_add(1);
        let id = self.asked;
        let mut params = params;
        if self.revision == STATELESS {
            params.insert(
                "_meta".to_owned(),
                json!({
                    "io.modelcontextprotocol/protocolVersion": STATELESS,
                    "io.modelcontextprotocol/clientInfo": client(),
                    "io.modelcontextprotocol/clientCapabilities": capabilities(),
                }),
            );
        }
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let response = self.send(method, &message).await?;
        Answer::read(response, id, &mut self.left).await
    }

    async fn send(&self, method: &str, message: &Value) -> Result<reqwest::Response, Failure> {
        let request = self.http.post(self.url.clone()).json(message);
        let sent = self.dress(request, Some(method)).send().await;
        sent.map_err(|error| Failure {
            hint: Some("check the URL of the server's MCP endpoint".to_owned()),
            ..unreachable(self.url.as_str(), &error)
        })
    }

    /// The header fields of a message: those of the revision that is spoken.
    fn dress(
        &self,
        request: reqwest::RequestBuilder,
        method: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let mut request = request
            .timeout(PATIENCE)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", self.revision);
        if let Some(method) = method.filter(|_| self.revision == STATELESS) {
            request = request.header("mcp-method", method);
        }
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session);
        }
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

impl Greeting {
    fn new(revision: &'static str, found: &Value) -> Self {
        let meta = found.get("_meta");
        let server = meta.and_then(|meta| meta.get("io.modelcontextprotocol/serverInfo"));
        let server = server.or_else(|| found.get("serverInfo")).cloned();
        let text = |key: &str| found.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            revision,
            server: server.filter(Value::is_object).unwrap_or_else(|| json!({})),
            instructions: text("instructions"),
            capabilities: found.get("capabilities").cloned().unwrap_or_default(),
        }
    }

    /// Whether the server says that it has such a list.
    pub(crate) fn has(&self, list: List) -> bool {
        let capability = match list {
            List::Tools => "tools",
            List::Resources | List::Templates => "resources",
            List::Prompts => "prompts",
        };
        self.capabilities.get(capability).is_some_and(|it| !it.is_null())
    }
}

impl Refused {
    /// Whether the server may know sessions: unless it has said which revisions it knows, and none
    /// of them has any.
    fn may_want_a_session(&self) -> bool {
        self.code != Some(UNSUPPORTED_VERSION)
            || REVISIONS.iter().any(|it| *it != STATELESS && speaks(&self.data, "supported", it))
    }
}

fn speaks(found: &Value, key: &str, revision: &str) -> bool {
    let versions = found.get(key).and_then(Value::as_array);
    versions.is_some_and(|versions| versions.iter().any(|it| it == revision))
}

fn endpoint(text: &str) -> Result<Url, Failure> {
    let usage = |reason: &str| {
        Failure::usage(format!("`{text}` {reason}"))
            .hint("write the URL of an MCP endpoint, as in http://127.0.0.1:9000/mcp")
    };
    let url = Url::parse(text).map_err(|_| usage("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(usage("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::usage("the URL carries a user name or password")
            .hint("set BAILIWICK_MCP_TOKEN to a bearer token that the server takes"));
    }
    Ok(url)
}

fn client() -> Value {
    json!({"name": "bailiwick", "version": env!("CARGO_PKG_VERSION")})
}

/// Servers list some tools only for clients that could serve them.
fn capabilities() -> Value {
    json!({"roots": {}, "sampling": {}, "elicitation": {"form": {}, "url": {}}})
}
