//! One exchange: only a small, whole, prompt 200 of the right type counts.

use bailiwick_fetch::{Ask, Client, Fetched, Guard, Unfetched};

use crate::scene::{client, guard, nowhere, url};
use crate::server::{Answer, Server};

const JSON: &[&str] = &["application/json"];

async fn get(answer: Answer, max_bytes: usize) -> Result<Fetched, Unfetched> {
    let server = Server::start().await;
    server.on("GET /keys ", answer);
    let url = url(&server.at("/keys"));
    client().get(Ask { max_bytes, ..Ask::new(&url, JSON) }).await
}

async fn check(answer: &str, expected: Result<&str, Unfetched>) {
    let answered = get(Answer::raw(answer), 16).await.map(|it| String::from_utf8(it.body).unwrap());
    assert_eq!(answered.as_deref().map_err(|it| *it), expected, "{answer}");
}

fn ok(fields: &str, rest: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{rest}")
}

#[tokio::test]
async fn a_small_document_of_the_right_type_is_taken() {
    check(&ok("content-type: application/json\r\ncontent-length: 2", "{}"), Ok("{}")).await;
    check(&ok("Content-Type: Application/JSON; charset=utf-8", "{}"), Ok("{}")).await;
    let sixteen = "content-type: application/json\r\ncontent-length: 16";
    check(&ok(sixteen, "0123456789abcdef"), Ok("0123456789abcdef")).await;
    let chunked = "content-type: application/json\r\ntransfer-encoding: chunked";
    check(&ok(chunked, "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), Ok("{}")).await;
}

#[tokio::test]
async fn what_is_asked_carries_nothing_but_the_question() {
    let server = Server::start().await;
    server.on("GET ", Answer::json("{}"));
    let url = url(&server.at("/keys?of=me"));
    client().get(Ask::new(&url, JSON)).await.unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "GET /keys?of=me HTTP/1.1\r\nhost: 127.0.0.1:{}\r\naccept: application/json\r\n\
         accept-encoding: identity\r\nuser-agent: bailiwick/{version}\r\nconnection: close\r\n\r\n",
        server.port()
    );
    assert_eq!(server.last(), expected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start().await;
    for status in ["301 Moved", "302 Found", "303 See", "307 Again", "308 For Ever"] {
        let to = server.at("/other");
        let answer = format!("HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        server.on("GET /keys ", Answer::raw(answer));
        let asked = url(&server.at("/keys"));
        let answered = client().get(Ask::new(&asked, JSON)).await;
        assert_eq!(answered.unwrap_err(), Unfetched::Redirected, "{status}");
    }
    assert_eq!(server.count(), 5, "nobody went there");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_cut_off() {
    let too_large = Err(Unfetched::TooLarge(16));
    let typed = "content-type: application/json";
    // Refused by what it announces, before any of it has come.
    check(&ok(&format!("{typed}\r\ncontent-length: 17"), ""), too_large).await;
    check(&ok(&format!("{typed}\r\ncontent-length: 99999999999"), ""), too_large).await;
    // Refused by what has come, when it announces nothing.
    check(&ok(typed, "0123456789abcdefg"), too_large).await;
    let chunked = format!("{typed}\r\ntransfer-encoding: chunked");
    check(&ok(&chunked, "10\r\n0123456789abcdef\r\n1\r\ng\r\n"), too_large).await;
    let endless = Answer::raw(ok(&chunked, &"10\r\n0123456789abcdef\r\n".repeat(9_999)));
    assert_eq!(get(endless.then_silence(), 1_024).await.unwrap_err(), Unfetched::TooLarge(1_024));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_not_read() {
    let typed = "content-type: application/json";
    let long = format!("{typed}\r\nx: {}", "a".repeat(20_000));
    check(&ok(&long, "{}"), Err(Unfetched::Unreachable)).await;
    let many = format!("{typed}{}", "\r\nx: y".repeat(100));
    check(&ok(&many, "{}"), Err(Unfetched::Unreachable)).await;
}

#[tokio::test]
async fn another_status_type_or_coding_is_refused() {
    check("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", Err(Unfetched::Status(404))).await;
    check("HTTP/1.1 204 No\r\n\r\n", Err(Unfetched::Status(204))).await;
    check("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", Err(Unfetched::Status(500))).await;
    let refused = Err(Unfetched::MediaType);
    check(&ok("content-length: 2", "{}"), refused).await;
    check(&ok("content-type: text/html\r\ncontent-length: 2", "{}"), refused).await;
    check(&ok("content-type: application/json2\r\ncontent-length: 2", "{}"), refused).await;
    let coded = "content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2";
    check(&ok(coded, "{}"), refused).await;
}

#[tokio::test]
async fn an_answer_that_is_not_whole_is_none() {
    let unreachable = Err(Unfetched::Unreachable);
    check("", unreachable).await;
    check("SSH-2.0-OpenSSH_9.2\r\n", unreachable).await;
    check(&ok("content-type: application/json\r\ncontent-length: 3", "{}"), unreachable).await;
    let chunked = "content-type: application/json\r\ntransfer-encoding: chunked";
    check(&ok(chunked, "2\r\n{}\r\n"), unreachable).await;
}

#[tokio::test]
async fn a_server_that_is_too_slow_is_given_up() {
    tokio::time::pause();
    let typed = "content-type: application/json\r\ncontent-length: 9";
    for answer in ["", "HTTP/1.1 200 OK\r\n", &ok(typed, ""), &ok(typed, "{")] {
        let answered = get(Answer::raw(answer).then_silence(), 16).await;
        assert_eq!(answered.unwrap_err(), Unfetched::TooSlow, "{answer}");
    }
}

#[tokio::test]
async fn a_resolver_that_is_too_slow_is_given_up() {
    tokio::time::pause();
    let resolver = bailiwick_fetch::Resolver::new(|_| Box::pin(std::future::pending()));
    let client = Client::new(guard(), resolver).unwrap();
    let answered = client.get(Ask::new(&url("https://keys.example/"), JSON)).await;
    assert_eq!(answered.unwrap_err(), Unfetched::TooSlow);
}

#[tokio::test]
async fn plain_http_is_not_spoken_unless_it_is_allowed() {
    let server = Server::start().await;
    let asked = url(&server.at("/keys"));
    let client = Client::new(Guard { allow_http: false, ..guard() }, nowhere()).unwrap();
    let answered = client.get(Ask::new(&asked, JSON)).await;
    assert_eq!(answered.unwrap_err(), Unfetched::Plaintext);
    assert_eq!(server.count(), 0);
}
