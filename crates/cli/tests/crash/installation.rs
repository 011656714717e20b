//! An installation in a directory of its own, run by the program as it is built.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::{Ask, Proof};
use bailiwick_testkit::raw::{self, Reply};
use bailiwick_testkit::upstream::Upstream;
use serde_json::Value;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bailiwick");

/// An installation with one agent that holds a key.
pub(crate) struct Installation {
    directory: tempfile::TempDir,
    token: String,
    key: Option<SigningKey>,
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) gateway: SocketAddr,
    pub(crate) authority: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Installation {
    /// Installs, in front of this upstream.
    pub(crate) fn new(upstream: &Upstream) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut made = Self { directory, token: String::new(), key: None };
        let said = json(&made.run(&["init", ".", "--json"]));
        said["admin_token"].as_str().unwrap().clone_into(&mut made.token);
        std::fs::write(made.path("bailiwick.toml"), configuration(upstream)).unwrap();
        made
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Serves; the shell that starts the program first runs `before`.
    pub(crate) fn serve(&self, before: &str) -> Server {
        let line = format!("{before} exec {PROGRAM} serve --json --config bailiwick.toml");
        let mut child = Command::new("bash")
            .args(["-c", &line])
            .current_dir(self.directory.path())
            .env("BAILIWICK_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut text = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listening = loop {
            text.push_str(&lines.next().unwrap().unwrap());
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                break value;
            }
        };
        let gateway =
            listening["gateway"].as_str().unwrap().trim_start_matches("http://").to_owned();
        let authority = listening["authority"].as_str().unwrap().to_owned();
        Server { child, gateway: gateway.parse().unwrap(), authority }
    }

    /// Registers the agent and its key.
    pub(crate) fn enroll(&mut self, server: &Server) {
        let agent =
            ["agent", "add", "crash-tester", "--owner", "tests", "--scope", "tickets:write"];
        self.ask(server, &agent);
        self.run(&["key", "new", "agent.jwk"]);
        let text = std::fs::read_to_string(self.path("agent.jwk")).unwrap();
        let key = SigningKey::from_jwk(&text).unwrap();
        std::fs::write(self.path("public.jwk"), key.public().unwrap().to_jwk()).unwrap();
        self.ask(server, &["key", "add", "crash-tester", "--jwk", "public.jwk"]);
        self.key = Some(key);
    }

    /// Runs a command against the server and expects it to be done.
    pub(crate) fn ask(&self, server: &Server, arguments: &[&str]) -> Value {
        let output = self.command(arguments).env("BAILIWICK_URL", &server.authority).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        json(&output)
    }

    /// Runs a command without any server.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.directory.path());
        command.env("BAILIWICK_TOKEN", &self.token).env("HOME", self.directory.path());
        if !arguments.contains(&"--json") {
            command.arg("--json");
        }
        command
    }

    /// Sends a signed request to the gateway.
    pub(crate) async fn call(&self, server: &Server, target: &str, number: usize) -> Reply {
        raw::send(server.gateway, &self.signed(server, target, number)).await
    }

    /// The bytes of a signed request.
    pub(crate) fn signed(&self, server: &Server, target: &str, number: usize) -> Vec<u8> {
        let key = self.key.as_ref().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let created = Timestamp::from_millis(i64::try_from(now).unwrap());
        let proof = Proof {
            key,
            keyid: key.thumbprint().to_owned(),
            created,
            expires: created.plus_seconds(60),
            nonce: format!("nonce-{now}-{number:012}"),
            components: None,
        };
        let ask = Ask::new("POST", target).json(&format!("{{\"number\":{number}}}"));
        let ask = Ask { host: server.gateway.to_string(), ..ask };
        ask.digested().signed(&proof).bytes()
    }
}

impl Server {
    /// Ends the program as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {output:?}"))
}

fn configuration(upstream: &Upstream) -> String {
    let operation = |path: &str| {
        format!(
            "[[api.operation]]\nmethod = \"POST\"\npath = \"{path}\"\n\
             scopes = [\"tickets:write\"]\n"
        )
    };
    format!(
        "trust_domain = \"acme.test\"\ndata_dir = \"data\"\n\
         [gateway]\nlisten = \"127.0.0.1:0\"\n\
         [authority]\nlisten = \"127.0.0.1:0\"\n\
         [[api]]\nname = \"acme\"\nprefix = \"/acme\"\nupstream = \"http://{}\"\n{}{}",
        upstream.address,
        operation("/tickets"),
        operation("/never"),
    )
}
