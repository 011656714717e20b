//! The gateway, as `bailiwick serve` runs it: every check on, records in the ledger.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use serde_json::{Value, json};

use super::{Peer, Place};
use crate::client::Admin;
use crate::maker::{self, Credential, HOST, PATH};
use crate::process::{PEER_CORE, Process, free_port, output};

/// How many connections register agents.
const REGISTRARS: usize = 8;

/// The gateway and the ways in which its one caller can identify itself.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// Where it runs.
    pub(crate) peer: Peer,
    /// Where proxies ask that it stands beside.
    pub(crate) beside: u16,
    /// By the name of the row that it is used in.
    pub(crate) credentials: Vec<(&'static str, Credential)>,
}

/// Starts it, registers one agent that calls and so many others that only have to be remembered.
pub(crate) fn start(place: &Place, agents: usize) -> Result<Gateway> {
    let program = program()?;
    let home = place.folder.join("home").display().to_string();
    let made = output(&[&program, "init", &home, "--json"], "")?;
    let made: Value = serde_json::from_str(&made).context("`bailiwick init --json`")?;
    let token = text(&made, "admin_token")?;
    let config = text(&made, "config")?;
    let (authority, beside) = (free_port()?, free_port()?);
    let text = configuration([place.port, authority, place.upstream]);
    let asked = format!("listen = \"127.0.0.1:{beside}\"\ncallers = [\"127.0.0.0/8\"]\n");
    fs::write(&config, format!("{text}[gateway.beside]\n{asked}"))?;
    let line = [&*program, "serve", "--config", &config];
    let process = Process::start(PEER_CORE, &line, &place.folder)?;
    let process = process.answers(authority, READY)?.answers(place.port, READY)?;
    let peer = Peer { process, port: place.port };
    let folder = &place.folder;
    let caller = Caller { program: &program, authority, name: "bench", folder };
    let credentials = caller.register(&token)?;
    crowd(authority, &token, agents)?;
    Ok(Gateway { peer, beside, credentials })
}

const READY: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// A configuration with one API, by the ports of gateway, authority and upstream.
pub(crate) fn configuration([port, authority, upstream]: [u16; 3]) -> String {
    format!(
        "trust_domain = \"bench.test\"\n\
         [gateway]\nlisten = \"127.0.0.1:{port}\"\n\
         [authority]\nlisten = \"127.0.0.1:{authority}\"\n\
         issuer = \"http://127.0.0.1:{authority}\"\n\
         [[api]]\nname = \"tickets\"\nhost = [\"{HOST}\"]\nproof = \"bearer\"\ntxn_token = false\n\
         upstream = \"http://127.0.0.1:{upstream}\"\n\
         [[api.operation]]\nmethod = \"POST\"\npath = \"{PATH}\"\nscopes = [\"tickets:write\"]\n\
         limit = \"1000000/s\"\n"
    )
}

/// An agent that calls.
pub(crate) struct Caller<'a> {
    /// The binary.
    pub(crate) program: &'a str,
    /// The authority's port.
    pub(crate) authority: u16,
    /// The agent's name.
    pub(crate) name: &'a str,
    /// Where its key is kept.
    pub(crate) folder: &'a Path,
}

impl Caller<'_> {
    fn register(&self, token: &str) -> Result<Vec<(&'static str, Credential)>> {
        let mut admin = Admin::connect(self.authority, token)?;
        admin.post("/api/v1/agents", &agent("bench"))?;
        let ed25519 = key_pair(&mut admin, "bench", Algorithm::Ed25519)?;
        let ecdsa = key_pair(&mut admin, "bench", Algorithm::EcdsaP256Sha256)?;
        let secret = admin.post("/api/v1/agents/bench/credentials", &json!({"kind": "hmac"}))?;
        let jwk = json!({"kty": "oct", "alg": "HS256", "k": text(&secret, "secret")?});
        let hmac = signature(jwk.to_string(), &secret)?;
        let bearer = self.mint(&ed25519)?;
        let beside = ed25519.clone();
        Ok(vec![
            ("beside", beside),
            ("ed25519", ed25519),
            ("ecdsa", ecdsa),
            ("hmac", hmac),
            ("bearer", bearer),
        ])
    }

    /// A token that is not bound to the key, as the command line gets it.
    pub(crate) fn mint(&self, by: &Credential) -> Result<Credential> {
        let Credential::Signature { jwk, .. } = by else {
            return Err(anyhow!("only a key can get a token"));
        };
        let path = self.folder.join("bench.key");
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(jwk.as_bytes())?;
        let url = format!("BAILIWICK_URL=http://127.0.0.1:{}", self.authority);
        let path = path.display().to_string();
        let mint = [self.program, "token", "mint", "--key", &path, "--agent", self.name];
        let rest = ["--scope", "tickets:write", "--ttl", "12h", "--unbound", "--json"];
        let answer = output(&[&["env", &url][..], &mint, &rest].concat(), "")?;
        let answer: Value = serde_json::from_str(&answer).context("`bailiwick token mint`")?;
        Ok(Credential::Bearer(text(&answer, "access_token")?))
    }
}

/// Registers agents, each with its own key, over a few connections at a time.
fn crowd(port: u16, token: &str, agents: usize) -> Result<()> {
    let work: Vec<_> = (0..REGISTRARS)
        .map(|start| {
            let token = token.to_owned();
            thread::spawn(move || -> Result<()> {
                let mut admin = Admin::connect(port, &token)?;
                for number in (start..agents).step_by(REGISTRARS) {
                    let name = format!("other-{number}");
                    admin.post("/api/v1/agents", &agent(&name))?;
                    key_pair(&mut admin, &name, Algorithm::Ed25519)?;
                }
                Ok(())
            })
        })
        .collect();
    work.into_iter().try_for_each(|it| it.join().map_err(|_| anyhow!("registration stopped"))?)
}

/// An agent that may write tickets without a limit to speak of.
pub(crate) fn agent(name: &str) -> Value {
    json!({
        "name": name, "owner": "bench@bench.test", "purpose": "to be measured",
        "scopes": ["tickets:write"], "limit": "1000000/s",
    })
}

/// Gives an agent a key of its own.
pub(crate) fn key_pair(admin: &mut Admin, agent: &str, algorithm: Algorithm) -> Result<Credential> {
    let key = SigningKey::generate(algorithm, &maker::entropy())?;
    let public = key.public().map(PublicKey::to_jwk).context("no public key")?;
    let jwk: Value = serde_json::from_str(&public)?;
    let path = format!("/api/v1/agents/{agent}/credentials");
    let added = admin.post(&path, &json!({ "jwk": jwk }))?;
    signature(key.to_jwk().to_string(), &added)
}

fn signature(jwk: String, added: &Value) -> Result<Credential> {
    Ok(Credential::Signature { jwk, keyid: text(added, "key_id")? })
}

/// A member of an answer.
pub(crate) fn text(object: &Value, member: &str) -> Result<String> {
    let text = object.get(member).and_then(Value::as_str);
    Ok(text.with_context(|| format!("the answer has no `{member}`: {object}"))?.to_owned())
}

/// The release build beside this program.
pub(crate) fn program() -> Result<String> {
    let own = std::env::current_exe()?;
    let program: PathBuf = own.with_file_name("bailiwick");
    ensure!(program.is_file(), "{} is not built", program.display());
    Ok(program.display().to_string())
}
