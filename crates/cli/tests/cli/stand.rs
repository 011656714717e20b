//! An installation made and served by the real binary, in a directory of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Self { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The JSON on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, when the command has succeeded.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// The same, when it ended with this code and said this on standard error.
    pub(crate) fn failed(self, code: i32, said: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(said), "expected `{said}`: {self:?}");
        self
    }
}

/// The binary in a directory, with an environment that is empty but for what it is given.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bailiwick"));
    command.args(arguments).current_dir(directory).env_clear().env("HOME", directory);
    command
}

/// Runs the binary to its end.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Ended {
    Ended::of(&command(directory, arguments).output().unwrap())
}

/// An installation, and the servers on it.
pub(crate) struct Stand {
    pub(crate) directory: TempDir,
    pub(crate) gateway: String,
    pub(crate) authority: String,
    token: String,
    servers: Vec<Child>,
}

impl Stand {
    /// Prepares an installation in front of this upstream.
    pub(crate) fn prepare(upstream: SocketAddr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = run(directory.path(), &["init", ".", "--json"]).done().json();
        let file = directory.path().join("bailiwick.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replace("127.0.0.1:8700", "127.0.0.1:0");
        let text = text.replace("127.0.0.1:8701", "127.0.0.1:0");
        std::fs::write(&file, text + &api(upstream)).unwrap();
        let token = made["admin_token"].as_str().unwrap().to_owned();
        let (gateway, authority) = (String::new(), String::new());
        Self { directory, gateway, authority, token, servers: Vec::new() }
    }

    /// The same, served.
    pub(crate) fn serve(upstream: SocketAddr) -> Self {
        let mut stand = Self::prepare(upstream);
        stand.start("all");
        stand
    }

    /// Starts a server in a role and waits until it says where it listens.
    pub(crate) fn start(&mut self, role: &str) {
        let mut command = command(self.path(), &["serve", "--json", "--role", role]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.servers.push(server);
        let places: Value = serde_json::from_str(&line).unwrap();
        let listening =
            |half: &str| places["listening"][half].as_str().map(|it| format!("http://{it}"));
        self.gateway = listening("gateway").unwrap_or_else(|| self.gateway.clone());
        self.authority = listening("authority").unwrap_or_else(|| self.authority.clone());
    }

    /// Stops the server started last with SIGTERM, and says how it ended.
    pub(crate) fn stop_last(&mut self) -> Option<i32> {
        let mut server = self.servers.pop()?;
        let id = server.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        server.wait().unwrap().code()
    }

    /// Stops all servers, the last first, and says how each ended.
    pub(crate) fn stop(&mut self) -> Vec<Option<i32>> {
        (0..self.servers.len()).map(|_| self.stop_last()).collect()
    }

    /// Changes the configuration.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        let file = self.path().join("bailiwick.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, change(text)).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a command as the operator.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = command(self.path(), arguments);
        command.env("BAILIWICK_URL", &self.authority).env("BAILIWICK_TOKEN", &self.token);
        Ended::of(&command.output().unwrap())
    }

    /// A URL at the gateway.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.gateway)
    }

    /// Registers an agent with a key in `<name>.jwk`.
    pub(crate) fn add_agent(&self, name: &str, scope: &str) -> Value {
        let arguments = ["agent", "add", name, "--owner", "us", "--scope", scope, "--json"];
        let agent = self.run(&arguments).done().json();
        let public = self.run(&["key", "new", &format!("{name}.jwk")]).done().out;
        std::fs::write(self.path().join(format!("{name}.pub")), public).unwrap();
        self.run(&["key", "add", name, "--jwk", &format!("{name}.pub"), "--json"]).done();
        agent
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        for mut server in self.servers.drain(..) {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn api(upstream: SocketAddr) -> String {
    format!(
        r#"
[[api]]
name = "acme"
prefix = "/acme"
upstream = "http://{upstream}"

[[api.operation]]
method = "GET"
path = "/tickets/{{id}}"
scopes = ["tickets:read"]

[[api.operation]]
method = "POST"
path = "/refunds"
scopes = ["refunds:write"]

[[api]]
name = "open"
prefix = "/open"
upstream = "http://{upstream}"
proof = "bearer"

[[api.operation]]
method = "GET"
path = "/tickets/{{id}}"
scopes = ["tickets:read"]
"#
    )
}

/// An upstream that answers every request with what it saw of it.
pub(crate) fn upstream() -> SocketAddr {
    let (told, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            let _ = axum::serve(listener, axum::Router::new().fallback(echo)).await;
        });
    });
    address.recv().unwrap()
}

async fn echo(request: axum::extract::Request) -> axum::Json<Value> {
    let named = |name: &str| {
        request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into())
    };
    let seen = |name: &str| named(name).unwrap_or(Value::Null);
    axum::Json(serde_json::json!({
        "method": request.method().as_str(), "target": request.uri().to_string(),
        "agent": seen("x-agent-id"), "request_id": seen("x-request-id"),
        "signature": seen("signature"), "authorization": seen("authorization"),
    }))
}
