//! A proxy of another make in front of the recording upstream, set up as `examples/beside` shows
//! it, which asks the world's gateway about each request.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::ask::Ask;
use crate::peer::installed;
use crate::raw::{self, Reply};
use crate::world::World;

const STARTS_WITHIN: Duration = Duration::from_mins(1);
/// What is asked until it is answered as it will be.
const PROBE: &str = "/acme/tickets/0";

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    /// nginx, of the system.
    Nginx,
    /// Caddy, of the system.
    Caddy,
    /// Traefik, out of its package.
    Traefik,
    /// Envoy, out of its package, over gRPC.
    Envoy,
    /// Envoy, out of its package, over HTTP.
    EnvoyHttp,
}

/// A proxy that runs until this is dropped.
#[derive(Debug)]
pub struct Proxy {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Make {
    /// Its configuration files, the first of which it is started with.
    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Nginx => &["nginx/nginx.conf"],
            Self::Caddy => &["caddy/Caddyfile"],
            Self::Traefik => &["traefik/traefik.yaml", "traefik/dynamic.yaml"],
            Self::Envoy => &["envoy/envoy.yaml"],
            Self::EnvoyHttp => &["envoy/envoy-http.yaml"],
        }
    }

    fn command(self, config: &Path, folder: &Path) -> Command {
        let mut command = match self {
            Self::Nginx => {
                let mut command = Command::new("nginx");
                command.arg("-p").arg(folder).arg("-c").arg(config);
                command.args(["-e", "stderr", "-g", "daemon off; pid nginx.pid;"]);
                command
            }
            Self::Caddy => {
                let mut command = Command::new("caddy");
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(config);
                command
            }
            Self::Traefik => {
                let mut command = Command::new(installed().join("proxies/bin/traefik"));
                command.arg("--configfile").arg(config);
                command
            }
            Self::Envoy | Self::EnvoyHttp => {
                let mut command = Command::new(installed().join("proxies/envoy/_bin/envoy"));
                command.args(["--concurrency", "1", "--disable-hot-restart", "-c"]).arg(config);
                command
            }
        };
        command.current_dir(folder).env("HOME", folder);
        command
    }
}

impl Proxy {
    /// Starts one, and returns once it refuses what the gateway refuses.
    pub async fn start(make: Make, world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free();
        let beside = world.gateway.beside().unwrap();
        let configs = make.files().iter().map(|file| {
            let config = folder.path().join(Path::new(file).file_name().unwrap());
            let text = configuration(file, [address, beside, world.upstream.address]);
            fs::write(&config, text).unwrap();
            config
        });
        let configs: Vec<PathBuf> = configs.collect();
        let log = folder.path().join("log");
        let said = fs::File::create(&log).unwrap();
        let mut command = make.command(configs.first().unwrap(), folder.path());
        command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
        let child = command.spawn().unwrap_or_else(|error| panic!("{make:?}: {error}"));
        let mut proxy = Self { child, address, _folder: folder };
        let asks = tokio::time::timeout(STARTS_WITHIN, proxy.asks()).await;
        let said = fs::read_to_string(&log).unwrap_or_default();
        assert!(asks.unwrap_or(false), "{make:?} does not ask the gateway: {said}");
        proxy
    }

    /// Waits until it refuses what the gateway refuses; or it has ended.
    async fn asks(&mut self) -> bool {
        while self.send(&Ask::new("GET", PROBE)).await.status != 401 {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// Sends a request to it.
    pub async fn send(&self, ask: &Ask) -> Reply {
        self.send_bytes(&ask.bytes()).await
    }

    /// Sends bytes to it.
    pub async fn send_bytes(&self, bytes: &[u8]) -> Reply {
        raw::send(self.address, bytes).await
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// An example with the addresses of a test.
fn configuration(file: &str, [own, beside, upstream]: [SocketAddr; 3]) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/beside");
    let mut text = fs::read_to_string(examples.join(file)).unwrap();
    for (shown, port) in [("8080", own.port()), ("8702", beside.port()), ("9000", upstream.port())]
    {
        text = text.replace(shown, &port.to_string());
    }
    // Where nginx keeps what it does not hold in memory: not where only the system's own may write.
    let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let kept = kept.map(|kind| format!("{kind}_temp_path {kind};")).join(" ");
    text.replace("\nhttp {\n", &format!("\nhttp {{\n    access_log off; {kept}\n"))
}

/// An address that nobody listens on at this moment.
fn free() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}
