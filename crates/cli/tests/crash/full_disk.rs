//! A journal that cannot grow: files may not exceed what the shell allows.

use bailiwick_testkit::upstream::Upstream;

use crate::installation::Installation;

#[tokio::test]
async fn a_request_that_cannot_be_recorded_is_refused() {
    let upstream = Upstream::start().await;
    let mut installation = Installation::new(&upstream);
    let server = installation.serve("trap '' XFSZ; ulimit -f 640;");
    installation.enroll(&server);
    let mut passed = 0;
    for number in 0..3_000 {
        let reply = installation.call(&server, "/acme/tickets", number).await;
        match reply.verdict().as_str() {
            "200" => passed += 1,
            verdict => {
                assert_eq!(verdict, "503 unavailable");
                break;
            }
        }
    }
    assert!((1..3_000).contains(&passed), "{passed} requests were recorded");
    assert_eq!(upstream.seen().len(), passed, "a request went on without its record");
}
