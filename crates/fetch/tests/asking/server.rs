//! A server that answers what it is told to, byte by byte.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// One answer.
#[derive(Clone)]
pub(crate) struct Answer {
    bytes: Vec<u8>,
    gate: Option<Arc<Semaphore>>,
    hangs: bool,
}

impl Answer {
    /// These bytes, and the connection closed.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), gate: None, hangs: false }
    }

    /// Status 200 with these header lines and this body.
    pub(crate) fn ok(fields: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n{fields}");
        Self::raw(format!("{}\r\n\r\n{body}", head.trim_end()))
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::ok("content-type: application/json", body)
    }

    pub(crate) fn status(line: &str) -> Self {
        Self::raw(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n"))
    }

    /// After the bytes the connection stays open and silent.
    pub(crate) fn then_silence(self) -> Self {
        Self { hangs: true, ..self }
    }

    /// Given only once the gate lets it through.
    pub(crate) fn behind(self, gate: &Arc<Semaphore>) -> Self {
        Self { gate: Some(Arc::clone(gate)), ..self }
    }
}

/// A server on a port of the system's choice.
#[derive(Clone)]
pub(crate) struct Server {
    port: u16,
    rules: Arc<Mutex<Vec<(String, Answer)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    arrived: Arc<Semaphore>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::listen(None).await
    }

    /// With TLS; also the certificate, in PEM, that vouches for it.
    pub(crate) async fn start_secured(name: &str) -> (Self, String) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let chain = vec![made.cert.der().clone()];
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let builder = ServerConfig::builder().with_no_client_auth();
        let config = builder.with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        (Self::listen(Some(acceptor)).await, made.cert.pem())
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            rules: Arc::default(),
            asked: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (serving, tls) = (serving.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serving.serve(stream).await,
                        Some(tls) => {
                            let Ok(stream) = tls.accept(stream).await else { return };
                            serving.serve(stream).await;
                        }
                    }
                });
            }
        });
        server
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let request = read(&mut stream).await;
        let answer = {
            let rules = self.rules.lock().unwrap();
            let found = rules.iter().find(|(part, _)| request.contains(part));
            found.map_or_else(|| Answer::status("404 Not Found"), |(_, answer)| answer.clone())
        };
        self.asked.lock().unwrap().push(request);
        self.arrived.add_permits(1);
        if let Some(gate) = &answer.gate {
            gate.acquire().await.unwrap().forget();
        }
        // The client may hang up as soon as it has seen enough.
        let _ = stream.write_all(&answer.bytes).await;
        let _ = stream.flush().await;
        if answer.hangs {
            std::future::pending::<()>().await;
        }
        let _ = stream.shutdown().await;
    }

    /// Answers requests that contain `part` with this from now on.
    pub(crate) fn on(&self, part: &str, answer: Answer) {
        let mut rules = self.rules.lock().unwrap();
        rules.retain(|(known, _)| known != part);
        rules.push((part.to_owned(), answer));
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT` and this path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How many requests have come.
    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> String {
        self.asked.lock().unwrap().last().cloned().unwrap()
    }

    /// Waits for the next request that nobody has waited for.
    pub(crate) async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }
}

/// A head, and as much body as it announces.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let named = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= named.map_or(0, |length| length.parse().unwrap()) {
                return text.into_owned();
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
}
