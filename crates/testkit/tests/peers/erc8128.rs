//! Requests signed with Ethereum accounts (ERC-8128): the form that published clients send, and the
//! one of the current draft.

use bailiwick_domain::credential::{Key, Material};
use bailiwick_domain::id::KeyId;
use bailiwick_testkit::peer::Peer::{self, JavaScript, Python};
use serde_json::json;

use crate::stage;

/// The account of the draft's own examples.
const ADDRESS: &str = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";
const PRIVATE_KEY: &str = "0x0000000000000000000000000000000000000000000000000000000000000001";

async fn check(peer: Peer, draft: bool) {
    let world = stage::begin().await;
    let wallet = Key {
        algorithm: None,
        material: Material::Wallet,
        thumbprint: ADDRESS.to_owned(),
        ..world.stored_key(KeyId::from_bits(2), world.agent.id, &world.key)
    };
    world.put_key(&wallet).await;
    let told = json!({"private_key": PRIVATE_KEY, "draft": draft});
    stage::play(&world, stage::KEYS_ONLY, peer, told).await;
}

#[tokio::test]
async fn erc8128_of_npm() {
    check(JavaScript("erc8128"), false).await;
}

#[tokio::test]
async fn the_drafts_form_with_http_message_sig_and_viem_of_npm() {
    check(JavaScript("erc8128_draft"), true).await;
}

#[tokio::test]
async fn either_form_with_requests_http_signature_and_eth_account_of_pypi() {
    check(Python("erc8128"), false).await;
    check(Python("erc8128"), true).await;
}
