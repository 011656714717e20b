//! A client certificate that was shown to Envoy.

use bailiwick_domain::credential::Material;
use bailiwick_proof::certificate::Certificate;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::grpc::{Call, check};
use crate::telling::{Way, verdict};

#[tokio::test]
async fn a_certificate_that_envoy_tells_of_is_its_agents() {
    let world = World::begin().await;
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["agent".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let encoded = certificate.pem().replace('\n', "%0A").replace('+', "%2B").replace(' ', "%20");
    let call = || {
        let call = Call::of(&Ask::new("GET", "/acme/tickets/7"), true);
        Call { certificate: encoded.clone(), ..call }
    };
    assert_eq!(check(&world, call()).await.verdict, "401 credential_unknown");
    let parsed = Certificate::from_der(certificate.der()).unwrap();
    world.add_named(2, Material::Certificate, parsed.thumbprint()).await;
    let said = check(&world, call()).await;
    assert_eq!((said.verdict.as_str(), said.all("x-agent-id")[0]), ("200", "ticket-summarizer"));
    // In a field it is nobody's.
    let field = Ask::new("GET", "/acme/tickets/7").header("client-cert", &encoded);
    assert_eq!(verdict(&world, Way::Grpc(true), &field).await, "401 credential_missing");
}
