//! The authority's administration, asked over HTTP.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, Url};
use serde_json::Value;

use crate::failure::Failure;
use crate::form;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An authority to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Client {
    pub(crate) fn new(url: String, token: Option<String>) -> Result<Self, Failure> {
        let parsed = Url::parse(&url).map_err(|_| {
            Failure::usage(format!("`{url}` is not a URL"))
                .hint("BAILIWICK_URL is the authority's, as in http://127.0.0.1:8701")
        })?;
        Ok(Self { http: http_to(&parsed)?, url, token })
    }

    /// The origin it asks.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let pairs = form::encode(query);
        let gap = if pairs.is_empty() { "" } else { "?" };
        self.ask(self.request(Method::GET, &format!("{path}{gap}{pairs}"))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.ask(self.request(Method::DELETE, path)).await
    }

    /// Every page of a list: the object of the first with the items of all.
    pub(crate) async fn list(
        &self,
        path: &str,
        items: &str,
        query: &[(&str, String)],
    ) -> Result<Value, Failure> {
        let mut all = Vec::new();
        let mut query = query.to_vec();
        loop {
            let mut page = self.get(path, &query).await?;
            if let Some(Value::Array(found)) = page.get_mut(items).map(Value::take) {
                all.extend(found);
            }
            let Some(next) = page.get("next").and_then(Value::as_str) else { break };
            query.retain(|(name, _)| *name != "after");
            query.push(("after", next.to_owned()));
        }
        Ok(serde_json::json!({ items: all }))
    }

    /// A request signed or built elsewhere, answered with JSON.
    pub(crate) async fn execute(&self, request: reqwest::Request) -> Result<Value, Failure> {
        let url = request.url().to_string();
        let sent = self.http.execute(request).await;
        read(sent.map_err(|error| unreachable(&url, &error))?).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let sent = request.send().await;
        let response = sent.map_err(|error| unreachable(&self.url, &error))?;
        let unnamed = response.status() == 401 && self.token.is_none();
        let hint = "set BAILIWICK_TOKEN to the token that `bailiwick init` printed";
        let answer = read(response).await;
        answer.map_err(|failure| if unnamed { failure.hint(hint) } else { failure })
    }
}

/// A client that follows no redirects: what is signed or secret goes where it was meant for.
/// Proxies of the environment are used, except to reach this very machine.
pub(crate) fn http_to(url: &Url) -> Result<reqwest::Client, Failure> {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(PATIENCE)
        .user_agent(concat!("bailiwick/", env!("CARGO_PKG_VERSION")));
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| Failure::refused(format!("no HTTP client: {}", root(&error))))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The failure of a request that got no answer.
pub(crate) fn unreachable(url: &str, error: &reqwest::Error) -> Failure {
    Failure::unreachable(url, root(error))
}

/// What is at the bottom of an error: `connection refused` and not the layers above it.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

async fn read(response: Response) -> Result<Value, Failure> {
    let status = response.status();
    let url = response.url().to_string();
    let body = response.bytes().await.map_err(|error| unreachable(&url, &error))?;
    let value: Option<Value> = serde_json::from_slice(&body).ok();
    if status.is_success() && body.is_empty() {
        return Ok(Value::Null);
    }
    if status.is_success() {
        return value.ok_or_else(|| Failure::refused(format!("{url} answered no JSON")));
    }
    Err(refusal(&value.unwrap_or_default(), status.as_u16()))
}

/// A refusal as the server put it: problem details (RFC 9457) or OAuth's form (RFC 6749, 5.2).
pub(crate) fn refusal(problem: &Value, status: u16) -> Failure {
    let text = |key: &str| problem.get(key).and_then(Value::as_str);
    let title = text("title").or(text("error_description")).or(text("error"));
    if let (Some(code @ "not_found"), Some(detail)) = (text("code"), text("detail")) {
        return Failure::refused(detail).code(code);
    }
    let message = match (title, text("detail")) {
        (Some(title), Some(detail)) => format!("{} ({detail})", title.trim_end_matches('.')),
        (Some(title), None) => title.trim_end_matches('.').to_owned(),
        (None, _) => format!("the server answered {status}"),
    };
    let mut failure = Failure::refused(message);
    failure.code = text("code").or(text("error")).map(str::to_owned);
    failure.hint = text("hint").map(str::to_owned);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_is_said_with_its_code_and_its_hint() {
        let problem = json!({"title": "The name is taken.", "code": "name_taken", "hint": "x"});
        assert_eq!(refusal(&problem, 409).to_string(), "The name is taken [name_taken]\n  x");
        let oauth = json!({"error": "invalid_scope", "error_description": "not held: a:b"});
        assert_eq!(refusal(&oauth, 400).to_string(), "not held: a:b [invalid_scope]");
        assert_eq!(refusal(&Value::Null, 502).to_string(), "the server answered 502");
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (url, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://localhost", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
