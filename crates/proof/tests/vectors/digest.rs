use bailiwick_domain::denial::Denial;
use bailiwick_proof::digest::{Expected, Hashing};
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
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
}

impl Case {
    fn run(&self) -> Result<(), Denial> {
        let expected = Expected::find(&case::headers(&self.headers))?;
        let mut hashing = Hashing::new(Some(expected.ok_or(Denial::DigestMissing)?));
        for piece in case::body(self.body.as_deref(), self.body_base64.as_deref()).chunks(7) {
            hashing.update(piece);
        }
        hashing.finish().map(drop)
    }
}

#[test]
fn every_digest_case_comes_out_as_it_says() {
    case::run_all::<Case>("digest", |case| &case.expect, |case| Verdict::of(case.run()));
}
