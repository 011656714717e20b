//! Client certificates: registered, of a workload, and as what a token is bound to. They come in
//! the field of a trusted proxy here; that handshakes give the same is shown elsewhere.

use bailiwick_domain::credential::Material;
use bailiwick_domain::id::AgentId;
use bailiwick_fetch::{Sources, Whence};
use bailiwick_gateway::settings::Proxies;
use bailiwick_proof::certificate::Certificate;
use bailiwick_proof::jwt::{AccessToken, Confirmation};
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
    date_time_ymd,
};

/// A certificate in DER and, in base64, as `Client-Cert` carries it.
struct Shown {
    parsed: Certificate,
    field: String,
}

impl Shown {
    fn new(der: &[u8]) -> Self {
        let parsed = Certificate::from_der(der).unwrap();
        let encoded = STANDARD.encode(der);
        Self { parsed, field: format!(":{encoded}:") }
    }

    fn self_signed() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = timely(CertificateParams::new(["agent".to_owned()]).unwrap());
        Self::new(params.self_signed(&key).unwrap().der())
    }
}

fn timely(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

fn behind_a_proxy() -> Choices {
    let networks = vec!["127.0.0.0/8".parse().unwrap()];
    let proxies = Proxies { networks, client_cert_header: true };
    Choices { proxies, ..Choices::default() }
}

fn get(shown: &Shown) -> Ask {
    Ask::new("GET", "/acme/tickets/7").header("client-cert", &shown.field)
}

#[tokio::test]
async fn a_registered_certificate_is_its_agent_while_it_is_valid() {
    let world = World::begin_with(behind_a_proxy()).await;
    let shown = Shown::self_signed();
    assert_eq!(world.send(&get(&shown)).await.verdict(), "401 credential_unknown");
    world.add_named(2, Material::Certificate, shown.parsed.thumbprint()).await;
    assert_eq!(world.send(&get(&shown)).await.verdict(), "200");
    assert_eq!(world.send(&get(&shown)).await.verdict(), "200", "each connection proves it anew");
    world.hands.advance(60 * 86_400);
    assert_eq!(world.send(&get(&shown)).await.verdict(), "401 credential_expired");
}

#[tokio::test]
async fn a_certificate_from_whom_nobody_trusts_is_no_credential() {
    let world = World::begin().await;
    let shown = Shown::self_signed();
    world.add_named(2, Material::Certificate, shown.parsed.thumbprint()).await;
    assert_eq!(world.send(&get(&shown)).await.verdict(), "401 credential_missing");
}

#[tokio::test]
async fn a_token_is_bound_to_one_certificate() {
    let world = World::begin_with(behind_a_proxy()).await;
    let (shown, other) = (Shown::self_signed(), Shown::self_signed());
    let cnf = Some(Confirmation::Certificate(shown.parsed.thumbprint().to_owned()));
    let bearer = world.bearer(&AccessToken { cnf, ..world.token() });
    let with = |shown: &Shown| get(shown).header("authorization", &bearer);
    assert_eq!(world.send(&with(&shown)).await.verdict(), "200");
    assert_eq!(world.send(&with(&other)).await.verdict(), "401 proof_missing");
    let bare = Ask::new("GET", "/acme/tickets/7").header("authorization", &bearer);
    assert_eq!(world.send(&bare).await.verdict(), "401 proof_missing");
    let signed = bare.signed(&world.proof());
    assert_eq!(world.send(&signed).await.verdict(), "401 proof_missing", "a key is not enough");
}

#[tokio::test]
async fn one_agents_certificate_and_anothers_signature_do_not_go_together() {
    let world = World::begin_with(behind_a_proxy()).await;
    let (own, foreign, sidecar) =
        (Shown::self_signed(), Shown::self_signed(), Shown::self_signed());
    world.add_named(2, Material::Certificate, own.parsed.thumbprint()).await;
    let mut another = world.agent.clone();
    another.id = AgentId::from_bits(9);
    another.name = "refund-processor".parse().unwrap();
    world.add_agent(&another).await;
    let mut key =
        world.stored_key(bailiwick_domain::id::KeyId::from_bits(3), another.id, &world.key);
    key.material = Material::Certificate;
    key.thumbprint = foreign.parsed.thumbprint().to_owned();
    world.put_key(&key).await;
    for (shown, verdict) in [(own, "200"), (sidecar, "200"), (foreign, "400 credential_conflict")] {
        let ask = get(&shown).signed(&world.proof());
        assert_eq!(world.send(&ask).await.verdict(), verdict);
    }
}

#[tokio::test]
async fn a_workload_is_known_by_its_svid_under_its_own_trust_domain() {
    let mut authority = timely(CertificateParams::default());
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.subject_alt_names = vec![SanType::URI("spiffe://prod.test".try_into().unwrap())];
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap();
    let issuer = Issuer::from_params(&authority, &key);
    let svid = |id: &str| {
        let mut leaf = timely(CertificateParams::default());
        leaf.subject_alt_names = vec![SanType::URI(id.try_into().unwrap())];
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let own = KeyPair::generate().unwrap();
        Shown::new(leaf.signed_by(&own, &issuer).unwrap().der())
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bundle.json");
    let x5c = STANDARD.encode(root.der());
    let entry = format!(r#"{{"use":"x509-svid","kty":"EC","x5c":["{x5c}"]}}"#);
    std::fs::write(&path, format!(r#"{{"keys":[{entry}]}}"#)).unwrap();
    let bundles = [("prod.test".into(), Whence::File(path))].into();
    let sources = Sources { bundles, ..Sources::default() };
    let world = World::begin_with(Choices { sources, ..behind_a_proxy() }).await;
    world.add_named(2, Material::Spiffe, "spiffe://prod.test/summarizer").await;
    world.add_named(3, Material::Spiffe, "spiffe://other.test/summarizer").await;
    for (id, verdict) in [
        ("spiffe://prod.test/summarizer", "200"),
        ("spiffe://prod.test/stranger", "401 credential_unknown"),
        ("spiffe://other.test/summarizer", "401 credential_unknown"),
    ] {
        assert_eq!(world.send(&get(&svid(id))).await.verdict(), verdict, "{id}");
    }
}
