//! `bailiwick fetch`: a request signed by an agent's key, with curl's manners.

use std::path::PathBuf;

use clap::Args;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::{Response, Url};
use serde_json::{Value, json};

use crate::client::{http_to, refusal, unreachable};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::keyfile;
use crate::output;
use crate::signed::{self, Moment, Signer, Target};

/// The largest answer that is kept in memory.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Send a request signed with an agent's key (RFC 9421).
///
/// The body of the answer goes to standard output as it is. A refusal is explained on standard
/// error. No redirect is followed: a signature is for one place.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bailiwick fetch --key k.jwk --agent ticket-summarizer http://127.0.0.1:8700/acme/tickets/1042
  bailiwick fetch --key k.jwk --agent refund-processor -d '{\"ticket\":1042,\"amount\":1900}' \\
      http://127.0.0.1:8700/acme/refunds

Certificates are checked against the system's authorities; SSL_CERT_FILE names others.
Exit codes: 0 below 400, 1 from 400 on, 3 nobody answered.")]
pub(crate) struct Arguments {
    /// The file with the agent's private key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The agent's name; sent as X-Agent-ID, which has to agree with the key.
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// An access token to send along; the signature covers it.
    #[arg(long, value_name = "TOKEN", env = "BAILIWICK_ACCESS_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The method; GET, or POST with a body.
    #[arg(short = 'X', long, value_name = "METHOD")]
    request: Option<String>,
    /// A header field, as in 'Accept: text/csv'; once for each.
    #[arg(short = 'H', long, value_name = "FIELD")]
    header: Vec<String>,
    /// The body, or @FILE to read it from a file. JSON is sent as application/json.
    #[arg(short, long, value_name = "BODY")]
    data: Option<String>,
    /// Print the head of the answer too.
    #[arg(short, long)]
    include: bool,
    /// Where to.
    url: Url,
}

pub(crate) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let request = arguments.build(invocation)?;
    let url = arguments.url.to_string();
    let sent = http_to(&arguments.url)?.execute(request).await;
    let response = sent.map_err(|error| reached_nobody(&url, &error))?;
    arguments.say(response, invocation).await
}

fn reached_nobody(url: &str, error: &reqwest::Error) -> Failure {
    Failure {
        hint: Some("check that the gateway runs there".to_owned()),
        ..unreachable(url, error)
    }
}

impl Arguments {
    fn build(&self, invocation: &Invocation) -> Result<reqwest::Request, Failure> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(Failure::usage(format!("`{}` is neither http nor https", self.url)));
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return Err(Failure::usage("the URL carries a user name or password")
                .hint("an agent proves itself with its key alone"));
        }
        let key = keyfile::read(&self.key)?;
        let body = self.body()?;
        let method = self.method(body.as_deref())?;
        let mut headers = self.headers(body.as_deref())?;
        let target = Target::of(method.clone(), &self.url);
        let moment = Moment::starting(invocation.clock.now(), &invocation.entropy);
        signed::sign(
            &target,
            &mut headers,
            body.as_deref().unwrap_or_default(),
            Signer::own(&key),
            &moment,
        )?;
        let mut request = reqwest::Request::new(method, self.url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = body.map(Into::into);
        Ok(request)
    }

    fn body(&self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(data) = &self.data else { return Ok(None) };
        let Some(path) = data.strip_prefix('@') else { return Ok(Some(data.clone().into_bytes())) };
        let unreadable = |error| Failure::usage(format!("{path} cannot be read: {error}"));
        std::fs::read(path).map(Some).map_err(unreadable)
    }

    fn method(&self, body: Option<&[u8]>) -> Result<Method, Failure> {
        match &self.request {
            None if body.is_some() => Ok(Method::POST),
            None => Ok(Method::GET),
            Some(text) => text
                .parse()
                .map_err(|_| Failure::usage(format!("`{text}` is not a method")).hint("as in PUT")),
        }
    }

    fn headers(&self, body: Option<&[u8]>) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        if let Some(body) = body {
            let json = serde_json::from_slice::<Value>(body).is_ok();
            let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if let Some(agent) = &self.agent {
            headers.insert("x-agent-id", value("--agent", agent)?);
        }
        if let Some(token) = &self.token {
            let mut bearer = value("--token", &format!("Bearer {token}"))?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let mut seen: Vec<HeaderName> = Vec::new();
        for field in &self.header {
            let (name, value) = split(field)?;
            if seen.contains(&name) {
                headers.append(name, value);
            } else {
                seen.push(name.clone());
                headers.insert(name, value);
            }
        }
        Ok(headers)
    }

    async fn say(&self, mut response: Response, invocation: &Invocation) -> Result<(), Failure> {
        let status = response.status();
        let json = invocation.output.json;
        let headers = response.headers().clone();
        if self.include && !json {
            output::bytes(&head_text(&format!("{:?} {status}", response.version()), &headers));
        }
        let refused = status.as_u16() >= 400;
        let mut body = Vec::new();
        let broken = |error| unreachable(self.url.as_str(), &error);
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if !json {
                output::bytes(&chunk);
            }
            if json || refused {
                keep(&mut body, &chunk)?;
            }
        }
        if json {
            output::line(as_json(status.as_u16(), &headers, &body).to_string());
        }
        if !refused {
            return Ok(());
        }
        if !json && !body.ends_with(b"\n") {
            output::line("");
        }
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let kind = problem.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind.starts_with("urn:bailiwick:") {
            return Err(refusal(&problem, status.as_u16()));
        }
        Err(Failure::refused(format!("the API answered {status}")))
    }
}

fn keep(body: &mut Vec<u8>, chunk: &[u8]) -> Result<(), Failure> {
    if body.len() + chunk.len() > MAX_ANSWER_BYTES {
        return Err(Failure::refused("the answer is larger than 256 MiB"));
    }
    body.extend_from_slice(chunk);
    Ok(())
}

fn as_json(status: u16, headers: &HeaderMap, body: &[u8]) -> Value {
    let mut fields = serde_json::Map::new();
    for (name, value) in headers {
        fields.insert(name.to_string(), String::from_utf8_lossy(value.as_bytes()).into());
    }
    let text = || Value::String(String::from_utf8_lossy(body).into_owned());
    let body = serde_json::from_slice(body).unwrap_or_else(|_| text());
    json!({ "status": status, "headers": fields, "body": body })
}

fn head_text(status_line: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut text = format!("{status_line}\r\n").into_bytes();
    for (name, value) in headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
    text
}

fn split(field: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let refused = || {
        Failure::usage(format!("`{field}` is not a header field")).hint("as in 'Accept: text/csv'")
    };
    let (name, text) = field.split_once(':').ok_or_else(refused)?;
    let name: HeaderName = name.trim().parse().map_err(|_| refused())?;
    Ok((name, HeaderValue::from_str(text.trim()).map_err(|_| refused())?))
}

fn value(option: &str, text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text)
        .map_err(|_| Failure::usage(format!("{option} has a character that cannot be sent")))
}
