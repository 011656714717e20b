//! Envoy's protocol from the other side, by the numbers of its fields: a message is written byte by
//! byte, so that what no Envoy sends can be sent too.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::telling::{CALLER, KNOWING, Said, Way, tell};

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The request it is about; the body is in `raw_body`, unless it is sent as text.
    pub(crate) ask: Ask,
    /// Whether whoever set Envoy up says that bodies come along.
    pub(crate) says_body: bool,
    /// Whether the body is sent as text.
    pub(crate) as_text: bool,
    /// Whether fields are sent as they came, and not joined.
    pub(crate) raw_headers: bool,
    /// The scheme.
    pub(crate) scheme: &'static str,
    /// The address of whoever asks.
    pub(crate) address: &'static str,
    /// Its certificate, as Envoy encodes it.
    pub(crate) certificate: String,
}

impl Call {
    /// As Envoy tells of a request, with its body or without.
    pub(crate) fn of(ask: &Ask, with_body: bool) -> Self {
        let length = ask.body.len();
        let body = if with_body { ask.body.clone() } else { Vec::new() };
        let mut ask = Ask { body, ..ask.clone() };
        if length > 0 {
            ask = ask.header("content-length", &length.to_string());
        }
        Self {
            ask,
            says_body: with_body,
            as_text: false,
            raw_headers: false,
            scheme: "http",
            address: CALLER,
            certificate: String::new(),
        }
    }

    fn message(&self) -> Vec<u8> {
        let Ask { method, target, host, headers, body, .. } = &self.ask;
        let head = [text(2, method), text(4, target), text(5, host), text(6, self.scheme)];
        let mut http = head.concat();
        let pseudo = (":path".to_owned(), target.clone());
        let fields = headers.iter().chain(std::iter::once(&pseudo));
        if self.raw_headers {
            let raw = |(name, value): &(String, String)| {
                field(1, &[text(1, name), text(3, value)].concat())
            };
            http.extend(field(13, &fields.flat_map(raw).collect::<Vec<u8>>()));
        } else {
            let entry = |(name, value): &(String, String)| {
                field(3, &[text(1, name), text(2, value)].concat())
            };
            http.extend(fields.flat_map(entry));
        }
        http.extend(field(if self.as_text { 11 } else { 12 }, body));
        let socket = field(1, &[text(2, self.address), vec![0x18, 80]].concat());
        let source = [field(1, &socket), text(5, &self.certificate)].concat();
        let asked = field(2, &http);
        field(1, &[field(1, &source), field(4, &asked)].concat())
    }
}

/// A field of wire type 2, its length in front; nothing where there is nothing in it.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend_from_slice(bytes);
    out
}

fn text(number: u8, text: &str) -> Vec<u8> {
    field(number, text.as_bytes())
}

/// The fields of a message: numbers, and what is in them; a number as its own bytes.
fn fields(mut rest: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some((tag, after)) = rest.split_first() {
        let (number, after) = varint(after);
        let (value, after) = if tag & 7 == 2 { after.split_at(number) } else { (&[][..], after) };
        let value = if tag & 7 == 2 { value.to_vec() } else { number.to_be_bytes().to_vec() };
        found.push((tag >> 3, value));
        rest = after;
    }
    found
}

fn varint(bytes: &[u8]) -> (usize, &[u8]) {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    let value = |place: usize| usize::from(bytes[place] & 0x7f) << (7 * place);
    ((0..=last).map(value).sum(), &bytes[last + 1..])
}

fn find(message: &[u8], number: u8) -> Vec<Vec<u8>> {
    let found = fields(message).into_iter().filter(|(known, _)| *known == number);
    found.map(|(_, value)| value).collect()
}

fn string(message: &[u8], number: u8) -> String {
    let found = find(message, number).pop().unwrap_or_default();
    String::from_utf8(found).unwrap()
}

fn options(message: &[u8], number: u8) -> Vec<(String, String)> {
    let headers = find(message, number).into_iter().map(|option| find(&option, 1).remove(0));
    headers.map(|header| (string(&header, 1), string(&header, 2))).collect()
}

/// Makes a call, and reads what came of it.
pub(crate) async fn check(world: &World, call: Call) -> Said {
    let message = call.message();
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend_from_slice(&message);
    let (status, message) = send(world, framed, call.says_body).await;
    assert_eq!(status, "0", "{call:?}");
    let code = find(&message, 1).pop().unwrap_or_default();
    let passes = code.is_empty();
    let (denied, ok) = (find(&message, 2).pop(), find(&message, 3).pop());
    match (passes, denied, ok) {
        (true, None, Some(ok)) => {
            let removed = find(&ok, 5).into_iter().map(|name| String::from_utf8(name).unwrap());
            let fields = [options(&ok, 2), options(&ok, 6)].concat();
            Said { status: 200, verdict: "200".to_owned(), fields, removed: removed.collect() }
        }
        (false, Some(denied), None) => {
            let status = find(&denied, 1).remove(0);
            let status = find(&status, 1).remove(0);
            let status = usize::from_be_bytes(status.try_into().unwrap());
            let problem: serde_json::Value = serde_json::from_str(&string(&denied, 3)).unwrap();
            // Of MCP it is within the protocol's own error.
            let code = problem["code"].as_str().or(problem["error"]["data"]["code"].as_str());
            let verdict = format!("{status} {}", code.unwrap());
            let status = u16::try_from(status).unwrap();
            Said { status, verdict, fields: options(&denied, 2), removed: Vec::new() }
        }
        other => panic!("neither yes nor no: {other:?}"),
    }
}

/// Sends what may be no call, and returns `grpc-status` and the message.
async fn send(world: &World, framed: Vec<u8>, says_body: bool) -> (String, Vec<u8>) {
    let stream = TcpStream::connect(world.gateway.beside().unwrap()).await.unwrap();
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::post(format!("http://gateway.test{CHECK}"))
        .header("content-type", "application/grpc");
    if says_body {
        request = request.header("body", "forwarded");
    }
    let request = request.body(Full::from(framed)).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let status = parts.headers.get("grpc-status").or(trailers.get("grpc-status"));
    let status = status.unwrap().to_str().unwrap().to_owned();
    let message = collected.to_bytes();
    (status, message.get(5..).unwrap_or_default().to_vec())
}

fn signed(world: &World) -> Ask {
    Ask::new("POST", "/acme/tickets").json("{}").digested().signed(&world.proof())
}

#[tokio::test]
async fn a_body_counts_only_whole_and_as_it_is() {
    let world = World::begin().await;
    let verdict = async |change: fn(&mut Call)| {
        let mut call = Call::of(&signed(&world), true);
        change(&mut call);
        check(&world, call).await.verdict
    };
    assert_eq!(verdict(|_| {}).await, "200");
    let unseen = "403 not_in_line";
    assert_eq!(verdict(|call| call.says_body = false).await, unseen);
    assert_eq!(verdict(|call| call.as_text = true).await, unseen);
    assert_eq!(verdict(|call| call.ask.body.clear()).await, unseen);
    assert_eq!(verdict(|call| call.ask.body.push(b' ')).await, unseen);
    let partial = |call: &mut Call| {
        call.ask = call.ask.clone().header("x-envoy-auth-partial-body", "true");
    };
    assert_eq!(verdict(partial).await, unseen);
    let chunked = |call: &mut Call| {
        call.ask = call.ask.clone().without("content-length");
        call.ask = call.ask.clone().header("transfer-encoding", "chunked");
    };
    assert_eq!(verdict(chunked).await, "200");
    assert_eq!(verdict(|call| call.ask.body = b"[]".to_vec()).await, "401 digest_mismatch");
}

#[tokio::test]
async fn fields_are_read_as_they_came_too() {
    let world = World::begin().await;
    let call = Call { raw_headers: true, ..Call::of(&signed(&world), true) };
    assert_eq!(check(&world, call).await.verdict, "200");
    let two =
        signed(&world).header("authorization", "Bearer a").header("authorization", "Bearer b");
    let call = Call { raw_headers: true, ..Call::of(&two, true) };
    assert_eq!(check(&world, call).await.verdict, "400 credential_conflict");
}

#[tokio::test]
async fn what_is_told_badly_is_refused() {
    let world = World::begin().await;
    let verdict = async |change: fn(&mut Call)| {
        let mut call = Call::of(&Ask::new("GET", "/acme/tickets/7"), true);
        call.ask = call.ask.signed(&world.proof());
        change(&mut call);
        check(&world, call).await.verdict
    };
    assert_eq!(verdict(|_| {}).await, "200");
    let malformed = "400 request_malformed";
    assert_eq!(verdict(|call| call.scheme = "").await, malformed);
    assert_eq!(verdict(|call| call.scheme = "ftp").await, malformed);
    assert_eq!(verdict(|call| call.address = "").await, malformed);
    assert_eq!(verdict(|call| call.ask.method.clear()).await, malformed);
    assert_eq!(verdict(|call| call.ask.target.clear()).await, malformed);
    assert_eq!(verdict(|call| call.ask.target = "*".to_owned()).await, malformed);
    assert_eq!(verdict(|call| call.ask.host.clear()).await, "401 signature_invalid");
    assert_eq!(verdict(|call| call.ask.host = "a b".to_owned()).await, malformed);
    let certificate = |call: &mut Call| call.certificate = "nonsense".to_owned();
    assert_eq!(verdict(certificate).await, "400 credential_malformed");
}

#[tokio::test]
async fn what_is_no_call_fails() {
    let world = World::begin().await;
    for (framed, expected) in [
        (&[][..], "3"),
        (&[0, 0, 0][..], "3"),
        (&[0, 0, 0, 0, 0][..], "3"),
        (&[0, 0, 0, 0, 9, 1][..], "3"),
        (&[0, 0xff, 0xff, 0xff, 0xff][..], "3"),
        (&[0, 0, 0, 0, 2, 0x0a, 0x09][..], "3"),
        (&[1, 0, 0, 0, 0][..], "12"),
    ] {
        assert_eq!(send(&world, framed.to_vec(), true).await.0, expected, "{framed:?}");
    }
    assert_eq!(send(&world, vec![0; 2 * 1024 * 1024], true).await.0, "3");
    let plain = world.inquire(&Ask::new("POST", CHECK).json("{}")).await;
    assert_eq!(plain.status, 415);
}

#[tokio::test]
async fn every_way_says_the_same() {
    let world = World::begin().await;
    for way in KNOWING {
        let ask = Ask::new("GET", "/acme/tickets/7").signed(&world.proof());
        let said = tell(&world, way, &ask).await;
        assert_eq!(said.verdict, "200", "{way:?}");
        assert_eq!(said.all("x-agent-subject"), ["spiffe://acme.test/default/ticket-summarizer"]);
        if matches!(way, Way::Http(_) | Way::Grpc(_)) {
            assert!(said.removed.contains(&"signature".to_owned()), "{said:?}");
        }
    }
}
