//! A node of an Ethereum chain (JSON-RPC 2.0 over HTTP), as far as wallets' signatures ask one: it
//! knows a few contracts and the signatures that each of them takes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// `isValidSignature(bytes32,bytes)`, and the answer that takes a signature (ERC-1271).
const MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];
/// What the code of a contract is, where there is any.
const CODE: &str = "0x6001";
/// More than anybody reads of an answer.
const TOO_MUCH: usize = 300 * 1024;

type Answer = Map<String, Value>;

/// A node; it ends with the test's runtime.
pub struct Node {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What a node does instead of answering honestly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It closes the connection.
    Silent,
    /// It breaks off in the middle of its JSON.
    Garbage,
    /// It gives the honest answer with status 500.
    ServerError,
    /// It gives the honest answer, and far more.
    TooLarge,
    /// It has no state of the latest block.
    Behind,
    /// It gives the honest answer with an error beside it.
    Contradiction,
}

/// What a contract account does when it is asked about a signature.
#[derive(Debug, Default)]
struct Contract {
    /// The factory and the call that would deploy it, where it is not there yet.
    offered: Option<(Vec<u8>, Vec<u8>)>,
    takes: BTreeSet<(Vec<u8>, Vec<u8>)>,
    reverts: bool,
}

#[derive(Debug, Default)]
struct State {
    chain: u64,
    contracts: BTreeMap<[u8; 20], Contract>,
    trouble: Option<(&'static str, Trouble)>,
    asked: Vec<String>,
}

impl Node {
    /// A node of this chain, without contracts.
    pub async fn start(chain: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let node =
            Self { address, state: Arc::new(Mutex::new(State { chain, ..State::default() })) };
        let state = Arc::clone(&node.state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        node
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/rpc", self.address)
    }

    /// Deploys a contract that takes no signature yet.
    pub fn deploy(&self, account: [u8; 20]) {
        self.state.lock().unwrap().contracts.insert(account, Contract::default());
    }

    /// Deploys a contract whose every call reverts.
    pub fn deploy_reverting(&self, account: [u8; 20]) {
        let contract = Contract { reverts: true, ..Contract::default() };
        self.state.lock().unwrap().contracts.insert(account, contract);
    }

    /// A contract that is not there until this factory gets this call.
    pub fn offer(&self, account: [u8; 20], factory: [u8; 20], call: &[u8]) {
        let offered = Some((factory.to_vec(), call.to_vec()));
        let contract = Contract { offered, ..Contract::default() };
        self.state.lock().unwrap().contracts.insert(account, contract);
    }

    /// From now on the contract takes this signature of this hash.
    pub fn approve(&self, account: [u8; 20], hash: [u8; 32], signature: &[u8]) {
        let mut state = self.state.lock().unwrap();
        let contract = state.contracts.get_mut(&account).unwrap();
        contract.takes.insert((hash.to_vec(), signature.to_vec()));
    }

    /// Answers methods that begin like this in another way, or all honestly again.
    pub fn trouble(&self, trouble: Option<(&'static str, Trouble)>) {
        self.state.lock().unwrap().trouble = trouble;
    }

    /// Becomes a node of another chain.
    pub fn move_to(&self, chain: u64) {
        self.state.lock().unwrap().chain = chain;
    }

    /// The methods it was asked for since this was last called.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let question: Value = serde_json::from_slice(&body)?;
    let asked = |name: &str| question.get(name).cloned().unwrap_or_default();
    let method = asked("method").as_str().unwrap_or_default().to_owned();
    let mut state = state.lock().unwrap();
    let mut honest = state.answer(&method, &asked("params"));
    honest.insert("id".to_owned(), asked("id"));
    let trouble = state.trouble.filter(|(start, _)| method.starts_with(start));
    state.asked.push(method);
    let (status, text) = match trouble.map(|(_, trouble)| trouble) {
        Some(Trouble::Silent) => return Err(io::Error::other("the node is down")),
        Some(trouble) => troubled(trouble, honest),
        None => (StatusCode::OK, written(honest)),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn troubled(trouble: Trouble, mut honest: Answer) -> (StatusCode, String) {
    let behind = failed(-32_000, "header not found");
    let text = match trouble {
        Trouble::Silent => String::new(),
        Trouble::Garbage => written(honest).replace('}', ""),
        Trouble::ServerError => return (StatusCode::INTERNAL_SERVER_ERROR, written(honest)),
        Trouble::TooLarge => {
            honest.insert("padding".to_owned(), "x".repeat(TOO_MUCH).into());
            written(honest)
        }
        Trouble::Behind => written(behind),
        Trouble::Contradiction => {
            honest.extend(behind);
            written(honest)
        }
    };
    (StatusCode::OK, text)
}

impl State {
    fn answer(&self, method: &str, params: &Value) -> Answer {
        let first = params.get(0).unwrap_or(&Value::Null);
        match method {
            "eth_chainId" => result(&format!("0x{:x}", self.chain)),
            "eth_getCode" => {
                let named = bytes(first).first_chunk::<20>().copied();
                let found = named.and_then(|address| self.contracts.get(&address));
                let deployed = found.is_some_and(|contract| contract.offered.is_none());
                result(if deployed { CODE } else { "0x" })
            }
            "eth_call" => self.call(first).unwrap_or_else(|| failed(3, "execution reverted")),
            _ => failed(-32_601, "the method does not exist"),
        }
    }

    /// A call of a contract, or of the program that deploys one and then asks it.
    fn call(&self, call: &Value) -> Option<Answer> {
        let data = bytes(call.get("data")?);
        let to = call.get("to").map(bytes).unwrap_or_default();
        if let Some(address) = to.first_chunk::<20>() {
            let contract = self.contracts.get(address).filter(|it| it.offered.is_none())?;
            return Some(result(&hexadecimal(&contract.verdict(&data)?)));
        }
        let holds = |part: &[u8]| data.windows(part.len()).any(|window| window == part);
        let fits = |contract: &Contract| match &contract.offered {
            Some((factory, deployment)) => holds(factory) && holds(deployment),
            None => true,
        };
        let found = self.contracts.iter().find(|(address, _)| holds(address.as_slice()));
        let contract = found.map(|(_, contract)| contract).filter(|it| fits(it))?;
        let asked = data.windows(4).rposition(|window| window == MAGIC)?;
        let word = contract.verdict(data.get(asked..)?)?;
        Some(result(&hexadecimal(&[number(1), number(32), word].concat())))
    }
}

impl Contract {
    /// The word that it returns for `isValidSignature(hash, signature)`; none when it reverts.
    fn verdict(&self, call: &[u8]) -> Option<Vec<u8>> {
        let (hash, rest) = (call.get(4..36)?, call.get(68..)?);
        let length = u64::from_be_bytes(*rest.get(24..32)?.first_chunk()?);
        let signature = rest.get(32..)?.get(..usize::try_from(length).ok()?)?;
        let takes = self.takes.contains(&(hash.to_vec(), signature.to_vec()));
        let begins = if takes { MAGIC } else { [0xff; 4] };
        (call.starts_with(&MAGIC) && !self.reverts)
            .then(|| begins.into_iter().chain([0; 28]).collect())
    }
}

fn number(value: u64) -> Vec<u8> {
    [0; 24].into_iter().chain(value.to_be_bytes()).collect()
}

fn result(text: &str) -> Answer {
    said("result", text.into())
}

fn failed(code: i64, message: &str) -> Answer {
    said("error", json!({ "code": code, "message": message }))
}

fn said(name: &str, value: Value) -> Answer {
    [("jsonrpc".to_owned(), "2.0".into()), (name.to_owned(), value)].into_iter().collect()
}

fn written(answer: Answer) -> String {
    Value::Object(answer).to_string()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{}", digits.concat())
}

fn bytes(text: &Value) -> Vec<u8> {
    let digits = text.as_str().and_then(|text| text.strip_prefix("0x")).unwrap_or_default();
    let pairs = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
