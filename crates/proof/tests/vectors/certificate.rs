use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::certificate::{
    Certificate, Chain, Refused, TrustBundle, from_headers, registered, svid,
};
use serde::Deserialize;

use crate::case::{self, Verdict};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    expect: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "source")]
    _source: Option<String>,
    kind: Kind,
    #[serde(default)]
    now: i64,
    certificate: Option<String>,
    #[serde(default)]
    chain: Vec<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    trust_domain: Option<String>,
    #[serde(default)]
    authorities: Vec<String>,
    thumbprint: Option<String>,
    spiffe_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Registered,
    Svid,
    Header,
}

impl Case {
    fn run(&self) -> Result<(), Refused> {
        match self.kind {
            Kind::Registered => self.check_registered(),
            Kind::Svid => self.verify_svid(),
            Kind::Header => self.read_headers(),
        }
    }

    fn check_registered(&self) -> Result<(), Refused> {
        let der = case::body(None, self.certificate.as_deref());
        let certificate = Certificate::from_der(&der)?;
        let thumbprint = self.thumbprint.as_deref().unwrap();
        registered::check(&certificate, thumbprint, Timestamp::from_seconds(self.now))
    }

    fn verify_svid(&self) -> Result<(), Refused> {
        let authorities = decoded(&self.authorities);
        let domain = self.trust_domain.as_deref().unwrap();
        let bundle = TrustBundle::new(domain, authorities.iter().map(Vec::as_slice))?;
        let chain = decoded(&self.chain);
        let chain = Chain::from_der(chain.iter().map(Vec::as_slice))?;
        let id = svid::verify(&chain, &bundle, Timestamp::from_seconds(self.now))?;
        assert_eq!(Some(id.as_str()), self.spiffe_id.as_deref());
        Ok(())
    }

    fn read_headers(&self) -> Result<(), Refused> {
        let chain = from_headers(&case::headers(&self.headers))?.unwrap();
        assert_eq!(Some(chain.leaf().thumbprint()), self.thumbprint.as_deref());
        Ok(())
    }
}

fn decoded(listed: &[String]) -> Vec<Vec<u8>> {
    listed.iter().map(|encoded| case::body(None, Some(encoded))).collect()
}

#[test]
fn every_certificate_case_comes_out_as_it_says() {
    case::run_all::<Case>(
        "certificate",
        |case| &case.expect,
        |case| Verdict::of(case.run().map_err(Denial::from)),
    );
}
