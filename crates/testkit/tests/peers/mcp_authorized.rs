//! A server of MCP behind the gateway, for clients that know nothing of that.

use std::convert::Infallible;
use std::net::SocketAddr;

use bailiwick_contract::document::{Document, Scopes};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_testkit::peer::{Peer, Serving};
use bailiwick_testkit::sources::Hands;
use bailiwick_testkit::world::{Choices, MCP, World};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

/// A server, and a world whose gateway it is behind, its catalog accepted as it lists it.
pub(crate) struct Behind {
    pub(crate) world: World,
    pub(crate) server: Serving,
    /// Everything there is to hold, by the name of what takes it.
    pub(crate) scopes: Vec<(String, ScopeSet)>,
}

impl Behind {
    /// Starts a server, and lists it once directly; `also` is what else it is asked for, by the
    /// list that it would be in.
    pub(crate) async fn start(server: Peer, also: &[(&str, Value)]) -> Self {
        let server = server.serve().await;
        let listed = Peer::JavaScript("mcp_catalog").run(&json!({"url": server.url})).await;
        let mut catalog = listed["sessions"].clone();
        for list in ["tools", "resources", "resourceTemplates", "prompts"] {
            let known = catalog[list].as_array().unwrap().clone();
            let stateless = listed["stateless"][list].as_array().unwrap();
            let more = stateless.iter().filter(|it| !known.contains(it)).cloned();
            catalog[list].as_array_mut().unwrap().extend(more);
        }
        for (list, entry) in also {
            catalog[*list].as_array_mut().unwrap().push(entry.clone());
        }
        catalog["mcp"] = "2025-11-25".into();
        if let Some(instructions) = listed.get("instructions") {
            catalog["instructions"] = instructions.clone();
        }
        catalog["server"] = json!({"name": "everything", "version": "1"});
        let mcp = Some(server.url.clone());
        let choices = Choices { hands: Hands::running(), mcp, ..Choices::default() };
        let world = World::begin_with(choices).await;
        world.describe("mcp", &catalog, true).await;
        let document = Document::read(catalog.to_string().as_bytes()).unwrap();
        assert!(document.unread.is_empty(), "{:?}", document.unread);
        let scopes = document.operations.iter().map(|operation| {
            let (Scopes::Stated(scopes) | Scopes::Proposed(scopes)) = &operation.scopes;
            (operation.template.clone(), scopes.clone())
        });
        let scopes = scopes.collect();
        Self { world, server, scopes }
    }

    /// Has the agent hold what these take, or all there is; its token.
    pub(crate) async fn holding(&self, names: Option<&[&str]>) -> String {
        let named = |name: &str| names.is_none_or(|names| names.contains(&name));
        let held = self.scopes.iter().filter(|(name, _)| named(name));
        let held = ScopeSet::new(held.flat_map(|(_, scopes)| scopes.iter().cloned()));
        self.world.change_agent(|agent| agent.scopes = held.clone()).await;
        let aud = vec![MCP.to_owned()];
        let token = AccessToken { cnf: None, aud, scope: held, ..self.world.token() };
        self.world.bearer(&token)
    }

    /// The endpoint at the gateway.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.world.gateway.address())
    }

    /// The same for clients that have no token: one is added to whatever they send.
    pub(crate) async fn authorized(&self, token: &str) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let (gateway, token) =
            (self.world.gateway.address(), HeaderValue::from_str(token).unwrap());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let token = token.clone();
                tokio::spawn(async move {
                    let service =
                        service_fn(move |request| forward(request, gateway, token.clone()));
                    let builder = Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        url
    }
}

async fn forward(
    mut request: Request<Incoming>,
    gateway: SocketAddr,
    token: HeaderValue,
) -> Result<Response<Incoming>, Infallible> {
    request.headers_mut().insert(AUTHORIZATION, token);
    let stream = TcpStream::connect(gateway).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    Ok(sender.send_request(request).await.unwrap())
}
