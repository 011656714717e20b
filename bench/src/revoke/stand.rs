//! Three gateways and an authority, each a process of its own, on one database.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::OperatorId;
use bailiwick_domain::operator::Operator;
use bailiwick_domain::person::Role;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Store;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::client::Admin;
use crate::maker::{self, Credential, HOST};
use crate::peers::gateway::{self as bailiwick, Caller};
use crate::process::{Folder, Process, free_port, output};

const GATEWAYS: usize = 3;
/// Every process may run anywhere.
const ANY_CORE: &str = "0-1";
const READY: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// Where agents and keys are.
#[derive(Debug)]
pub(crate) enum Database {
    /// A server, named by its URL.
    Postgres(String),
    /// A file.
    Sqlite,
}

/// What each of two agents shows.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// The one that is suspended and resumed.
    pub(crate) watched: String,
    /// The one that makes the load.
    pub(crate) other: String,
}

/// All that runs.
pub(crate) struct Stand {
    /// To the authority.
    pub(crate) admin: Admin,
    /// Where the gateways listen.
    pub(crate) ports: Vec<u16>,
    pub(crate) tokens: Tokens,
    // Dropped in this order: what runs, then what it runs on.
    _processes: Vec<Process>,
    _schema: Option<Schema>,
}

impl Database {
    /// PostgreSQL, where `BAILIWICK_TEST_POSTGRES` names a server, and SQLite.
    pub(crate) fn known() -> Vec<Self> {
        let server = std::env::var("BAILIWICK_TEST_POSTGRES").ok().map(Self::Postgres);
        if server.is_none() {
            eprintln!("BAILIWICK_TEST_POSTGRES names no server: PostgreSQL is left out");
        }
        server.into_iter().chain([Self::Sqlite]).collect()
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Sqlite => "SQLite, one file",
        }
    }
}

impl Stand {
    /// Starts everything and registers the two agents.
    pub(crate) fn start(database: &Database, folder: &Folder) -> Result<Self> {
        let home = folder.inside("home")?.join("installation").display().to_string();
        let program = bailiwick::program()?;
        let made = output(&[&program, "init", &home, "--json"], "")?;
        let made: Value = serde_json::from_str(&made).context("`bailiwick init --json`")?;
        let (schema, store, token) = match database {
            Database::Sqlite => (None, String::new(), bailiwick::text(&made, "admin_token")?),
            Database::Postgres(server) => {
                let schema = Schema::make(server)?;
                let token = schema.add_operator()?;
                let store = format!("[store]\nurl = \"{}\"\n", schema.url);
                (Some(schema), store, token)
            }
        };
        let upstream = free_port()?;
        let mut processes = vec![serve_upstream(upstream, folder)?];
        let authority = free_port()?;
        let mut ports = Vec::new();
        for number in 0..=GATEWAYS {
            let port = free_port()?;
            let config = format!("{home}/bailiwick-{number}.toml");
            fs::write(&config, configuration(&store, [port, authority, upstream]))?;
            let is_authority = number == 0;
            let role = if is_authority { "authority" } else { "gateway" };
            let line = [&*program, "serve", "--config", &config, "--role", role];
            let logs = folder.inside(&format!("log-{number}"))?;
            let answers = if is_authority { authority } else { port };
            let process = Process::start(ANY_CORE, &line, &logs)?.answers(answers, READY)?;
            processes.push(process);
            if !is_authority {
                ports.push(port);
            }
        }
        let admin = Admin::connect(authority, &token)?;
        let mut stand = Self {
            admin,
            ports,
            tokens: Tokens { watched: String::new(), other: String::new() },
            _processes: processes,
            _schema: schema,
        };
        stand.register(authority, &program, &folder.inside("keys")?)?;
        Ok(stand)
    }

    fn register(&mut self, authority: u16, program: &str, folder: &Path) -> Result<()> {
        let mut mint = |name: &str| {
            self.admin.post("/api/v1/agents", &bailiwick::agent(name))?;
            let algorithm = bailiwick_domain::credential::Algorithm::Ed25519;
            let key = bailiwick::key_pair(&mut self.admin, name, algorithm)?;
            let folder = folder.join(name);
            fs::create_dir(&folder)?;
            let caller = Caller { program, authority, name, folder: &folder };
            match caller.mint(&key)? {
                Credential::Bearer(token) => Ok(token),
                _ => anyhow::bail!("no token was minted"),
            }
        };
        self.tokens = Tokens { watched: mint("watched")?, other: mint("other")? };
        Ok(())
    }
}

fn serve_upstream(port: u16, folder: &Folder) -> Result<Process> {
    let program = std::env::current_exe()?.display().to_string();
    let line = [&*program, "upstream", &port.to_string()];
    let probe = maker::make(&Credential::Nothing, 1)?.concat();
    Process::start(ANY_CORE, &line, &folder.inside("upstream")?)?.answers(port, &probe)
}

fn configuration(store: &str, [gateway, authority, upstream]: [u16; 3]) -> String {
    let common = bailiwick::configuration([gateway, authority, upstream]);
    // One thread each: four processes share the machine with the database and the load. One name:
    // a token is good at any of them.
    let gateway = format!("[gateway]\nthreads = 1\npublic_url = \"http://{HOST}\"\n");
    let common = common.replace("[gateway]\n", &gateway);
    format!("{common}{store}")
}

/// A part of the server that is this run's own.
struct Schema {
    url: String,
    name: String,
    admin: Store,
    runtime: Runtime,
}

impl Schema {
    fn make(server: &str) -> Result<Self> {
        let name = format!("bench_{:016x}", u64::from_le_bytes(maker::entropy().bytes()));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let within = |schema: &str| format!("{server}?options[search_path]={schema}");
        // The tables of this one are its connections' own, and gone with them.
        let admin = runtime.block_on(Store::open(&within("pg_temp"), Path::new("/")))?;
        let schema = Self { url: within(&name), name, admin, runtime };
        schema.execute(format!("CREATE SCHEMA {}", schema.name))?;
        Ok(schema)
    }

    fn add_operator(&self) -> Result<String> {
        let entropy: Entropy = maker::entropy();
        let (token, digest) = opaque::fresh(Opens::Administration, &entropy);
        self.runtime.block_on(async {
            let store = Store::open(&self.url, Path::new("/")).await?;
            let mut tx = store.begin().await?;
            let now = maker::now();
            let operator = Operator {
                id: OperatorId::fresh(now, &entropy),
                name: "bench".to_owned(),
                role: Role::Admin,
                created_at: now,
                revoked_at: None,
            };
            tx.operators().insert(&operator, &digest).await?;
            tx.save().await?;
            store.close().await;
            anyhow::Ok(())
        })?;
        Ok(token.to_string())
    }

    fn execute(&self, sql: String) -> Result<()> {
        let sql: &'static str = sql.leak();
        self.runtime.block_on(async {
            let mut tx = self.admin.begin_append().await?;
            tx.execute(sql, []).await?;
            tx.save().await?;
            Ok(())
        })
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Err(fault) = self.execute(format!("DROP SCHEMA {} CASCADE", self.name)) {
            eprintln!("the schema {} stays behind: {fault:#}", self.name);
        }
    }
}
