//! Ethereum accounts that are contracts (ERC-1271, ERC-6492): a node of their chain is asked, and
//! when it does not answer nobody is let in, and nothing is spent.

use bailiwick_domain::credential::{Algorithm, Material};
use bailiwick_fetch::Sources;
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::wallet::{Accounts, Candidates, Generation, Signing};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::node::{Node, Trouble};
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::{Choices, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The account of every test, and who would deploy it by which call.
const ACCOUNT: [u8; 20] = [0xac; 20];
const FACTORY: [u8; 20] = [0xfa; 20];
const DEPLOYMENT: &[u8] = b"deploy with this salt";
/// What the contract is shown: its own affair, and no key's signature.
const SHOWN: &[u8] = b"two of three owners agree";
/// What the draft asks a signature to cover.
const COVERED: [&str; 7] =
    ["@scheme", "@authority", "@method", "@path", "@query", "content-digest", "content-type"];

struct Chain {
    world: World,
    node: Node,
    owner: SigningKey,
}

impl Chain {
    async fn new(accounts: Accounts) -> Self {
        let node = Node::start(1).await;
        let nodes = [(1, node.url().parse().unwrap())].into();
        let sources = Sources { nodes, ..Sources::default() };
        let world = World::begin_with(Choices { sources, accounts, ..Choices::default() }).await;
        world.add_named(2, Material::Wallet, &on_chain(ACCOUNT)).await;
        let owner = SigningKey::generate(Algorithm::Eip191Secp256k1, &entropy(90)).unwrap();
        world.add_named(3, Material::Wallet, owner.thumbprint()).await;
        Self { world, node, owner }
    }

    /// A request of the contract's, with what it is shown, and the hash that it is asked about.
    fn shown(&self, signature: &[u8]) -> (Ask, [u8; 32]) {
        let ask = Ask::new("POST", "/acme/tickets?dry=1").json("{\"title\":\"Stuck\"}").digested();
        let mut proof = self.world.proof_by(&self.owner);
        (proof.keyid, proof.components) = (on_chain(ACCOUNT), Some(COVERED.to_vec()));
        let field = format!("sig=:{}:", STANDARD.encode(signature));
        let ask = ask.signed_as(&proof, "erc8128").without("signature").header("signature", &field);
        let headers = ask.header_map();
        let presented = Candidates::find(&headers).unwrap().unwrap().into_iter().next().unwrap();
        let hash = presented.unwrap().hash(&ask.request(&headers)).unwrap();
        (ask, hash)
    }

    /// The same, and the contract takes it.
    fn approved(&self) -> Ask {
        let (ask, hash) = self.shown(SHOWN);
        self.node.approve(ACCOUNT, hash, SHOWN);
        ask
    }

    /// A request of an account with a key.
    fn by_key(&self) -> Ask {
        let (created, nonce) = (self.world.hands.now(), "nonce-of-an-account-with-a-key");
        let expires = created.plus_seconds(60);
        let signing = Signing { generation: Generation::Two, chain: 1, created, expires, nonce };
        Ask::new("GET", "/acme/tickets/7").signed_as_account(&self.owner, &signing)
    }

    async fn check(&self, ask: &Ask, verdict: &str, reason: &str) {
        let reply = self.world.send(ask).await;
        let told = reply.json()["reason"].as_str().unwrap_or_default().to_owned();
        assert_eq!((&*reply.verdict(), &*told), (verdict, reason));
    }
}

/// The name of an account that is a contract: it may be another's on another chain.
fn on_chain(account: [u8; 20]) -> String {
    let digits: Vec<String> = account.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("eip155:1:0x{}", digits.concat())
}

/// A signature wrapped as ERC-6492 says: how to deploy, then what to show.
fn wrapped(factory: [u8; 20], signature: &[u8]) -> Vec<u8> {
    let number = |value: usize| [vec![0; 24], value.to_be_bytes().to_vec()].concat();
    let padded = |bytes: &[u8]| {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(32), 0);
        [number(bytes.len()), padded].concat()
    };
    let (deployment, signature) = (padded(DEPLOYMENT), padded(signature));
    let places = [number(96), number(96 + deployment.len())].concat();
    let head = [vec![0; 12], factory.to_vec(), places].concat();
    [head, deployment, signature, [0x64, 0x92].repeat(16)].concat()
}

#[tokio::test]
async fn a_contract_speaks_for_itself_and_each_request_counts_once() {
    let chain = Chain::new(Accounts::Universal).await;
    chain.node.deploy(ACCOUNT);
    let ask = chain.approved();
    chain.check(&ask, "200", "").await;
    assert_eq!(chain.node.asked(), ["eth_chainId", "eth_getCode", "eth_call"]);
    chain.check(&ask, "401 nonce_replayed", "nonce_reused").await;
    assert_eq!(chain.node.asked(), ["eth_getCode", "eth_call"], "which chain it is was known");
}

#[tokio::test]
async fn what_a_contract_does_not_take_is_refused_and_not_tried_another_way() {
    let chain = Chain::new(Accounts::Universal).await;
    chain.node.deploy(ACCOUNT);
    let refused = ("401 signature_invalid", "bad_signature");
    chain.check(&chain.shown(SHOWN).0, refused.0, refused.1).await;
    let moved = Ask { target: "/acme/refunds?dry=1".to_owned(), ..chain.approved() };
    chain.check(&moved, refused.0, refused.1).await;
    let (other, hash) = chain.shown(b"one of three owners agrees");
    chain.node.approve(ACCOUNT, hash, SHOWN);
    chain.check(&other, refused.0, refused.1).await;
    let honest = chain.by_key();
    chain.node.deploy(*chain.owner.address().unwrap().as_bytes());
    chain.check(&honest, refused.0, refused.1).await;
    chain.node.deploy_reverting(ACCOUNT);
    chain.check(&chain.approved(), refused.0, refused.1).await;
}

#[tokio::test]
async fn an_account_that_is_not_there_yet_is_asked_what_it_would_say() {
    let chain = Chain::new(Accounts::Universal).await;
    chain.node.offer(ACCOUNT, FACTORY, DEPLOYMENT);
    let (ask, hash) = chain.shown(&wrapped(FACTORY, SHOWN));
    chain.check(&ask, "401 signature_invalid", "bad_signature").await;
    chain.node.approve(ACCOUNT, hash, SHOWN);
    chain.check(&ask, "200", "").await;
    assert_eq!(chain.node.asked(), ["eth_chainId", "eth_call", "eth_call"]);
    chain.check(&ask, "401 nonce_replayed", "nonce_reused").await;
    let (elsewhere, hash) = chain.shown(&wrapped([0xfb; 20], SHOWN));
    chain.node.approve(ACCOUNT, hash, SHOWN);
    chain.check(&elsewhere, "401 signature_invalid", "bad_signature").await;
    chain.node.asked();
    let (torn, _) = chain.shown(&wrapped(FACTORY, SHOWN)[96..]);
    chain.check(&torn, "401 signature_invalid", "bad_signature").await;
    assert_eq!(chain.node.asked(), [""; 0], "what is no wrapper is nobody's question");
}

#[tokio::test]
async fn an_account_with_a_key_still_signs_and_one_that_turns_contract_does_not() {
    for accounts in [Accounts::Universal, Accounts::EoaOnly] {
        let chain = Chain::new(accounts).await;
        let ask = chain.by_key();
        chain.check(&ask, "200", "").await;
        assert_eq!(chain.node.asked(), ["eth_chainId", "eth_getCode"]);
        chain.check(&ask, "401 nonce_replayed", "nonce_reused").await;
    }
    let chain = Chain::new(Accounts::EoaOnly).await;
    chain.node.deploy(ACCOUNT);
    let refused = ("401 credential_unknown", "unsupported_account");
    chain.check(&chain.approved(), refused.0, refused.1).await;
    let (ask, _) = chain.shown(&wrapped(FACTORY, SHOWN));
    chain.check(&ask, refused.0, refused.1).await;
}

#[tokio::test]
async fn a_contract_nobody_registered_on_its_chain_is_not_let_in() {
    let node = Node::start(1).await;
    let nodes = [(1, node.url().parse().unwrap())].into();
    let sources = Sources { nodes, ..Sources::default() };
    let choices = Choices { sources, accounts: Accounts::Universal, ..Choices::default() };
    let world = World::begin_with(choices).await;
    let owner = SigningKey::generate(Algorithm::Eip191Secp256k1, &entropy(90)).unwrap();
    let chain = Chain { world, node, owner };
    chain.node.deploy(ACCOUNT);
    let unknown = ("401 credential_unknown", "principal_not_allowed");
    chain.check(&chain.approved(), unknown.0, unknown.1).await;
    assert_eq!(chain.node.asked(), [""; 0], "a stranger costs no question");
    let anywhere = on_chain(ACCOUNT).replace("eip155:1:", "");
    chain.world.add_named(2, Material::Wallet, &anywhere).await;
    chain.check(&chain.approved(), unknown.0, unknown.1).await;
}

#[tokio::test]
async fn a_node_that_does_not_answer_lets_nobody_in_and_nothing_is_spent() {
    let chain = Chain::new(Accounts::Universal).await;
    chain.node.deploy(ACCOUNT);
    let unavailable = ("503 unavailable", "signature_verification_unavailable");
    for method in ["eth_chainId", "eth_getCode", "eth_call"] {
        for trouble in [
            Trouble::Silent,
            Trouble::Garbage,
            Trouble::ServerError,
            Trouble::TooLarge,
            Trouble::Behind,
            Trouble::Contradiction,
        ] {
            // That a node is of its chain is asked once; another world has not asked yet.
            let fresh = match method {
                "eth_chainId" => Some(Chain::new(Accounts::Universal).await),
                _ => None,
            };
            let chain = fresh.as_ref().unwrap_or(&chain);
            chain.node.deploy(ACCOUNT);
            let ask = chain.approved();
            chain.node.trouble(Some((method, trouble)));
            chain.check(&ask, unavailable.0, unavailable.1).await;
            assert_eq!(chain.node.asked().last().unwrap(), method, "{trouble:?}");
            chain.node.trouble(None);
            chain.check(&ask, "200", "").await;
            chain.check(&ask, "401 nonce_replayed", "nonce_reused").await;
        }
    }
}

#[tokio::test]
async fn a_node_of_another_chain_lets_nobody_in() {
    let chain = Chain::new(Accounts::Universal).await;
    chain.node.deploy(ACCOUNT);
    chain.node.move_to(8453);
    let ask = chain.approved();
    let unavailable = ("503 unavailable", "signature_verification_unavailable");
    chain.check(&ask, unavailable.0, unavailable.1).await;
    assert_eq!(chain.node.asked(), ["eth_chainId"], "it is asked nothing else");
    chain.node.move_to(1);
    chain.check(&ask, "200", "").await;
}
