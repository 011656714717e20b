//! A browser with an authenticator, in software: Ed25519, one passkey.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_proof::opaque::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The origin of the pages of a world, whose issuer is `http://127.0.0.1:8701`.
pub(crate) const ORIGIN: &str = "http://localhost:8701";
const PARTY: &str = "localhost";

/// What it answers is as it should be, except for what a test changes.
pub(crate) struct Authenticator {
    pub(crate) id: [u8; 32],
    pub(crate) origin: &'static str,
    pub(crate) count: u32,
    pub(crate) flags: u8,
    pub(crate) key: SigningKey,
}

impl Authenticator {
    pub(crate) fn new(entropy: &Entropy) -> Self {
        let key = SigningKey::generate(Algorithm::Ed25519, entropy).unwrap();
        Self { id: entropy.bytes(), origin: ORIGIN, count: 1, flags: 0x05, key }
    }

    /// The fields of a form that registers it.
    pub(crate) fn register(&self, challenge: &str) -> Vec<(&'static str, String)> {
        let jwk: Value =
            serde_json::from_str(&self.key.public().map(PublicKey::to_jwk).unwrap()).unwrap();
        let point = URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap();
        let cose = [&[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 32], &*point].concat();
        let new = [&[0_u8; 16][..], &[0, 32], &self.id, &cose].concat();
        let data = [self.data(self.flags | 0x40), new].concat();
        let length = u8::try_from(data.len()).unwrap();
        let object =
            [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".as_slice(), &[length], &data];
        let client_data = self.client_data("webauthn.create", challenge);
        vec![("client_data", encode(&client_data)), ("attestation", encode(&object.concat()))]
    }

    /// The fields of a form that signs in with it.
    pub(crate) fn sign(&self, challenge: &str) -> Vec<(&'static str, String)> {
        let client_data = self.client_data("webauthn.get", challenge);
        let data = self.data(self.flags);
        let signed = [data.as_slice(), &sha256(&client_data)].concat();
        let signature = self.key.sign(&signed).unwrap();
        vec![
            ("credential", encode(&self.id)),
            ("client_data", encode(&client_data)),
            ("authenticator_data", encode(&data)),
            ("signature", encode(&signature)),
        ]
    }

    fn client_data(&self, ceremony: &str, challenge: &str) -> Vec<u8> {
        let said = json!({ "type": ceremony, "challenge": challenge, "origin": self.origin });
        said.to_string().into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        [&sha256(PARTY.as_bytes())[..], &[flags], &self.count.to_be_bytes()].concat()
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
