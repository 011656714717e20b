use super::*;
use bailiwick_proof::digest::{Expected, header_value};
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;

type Frames = StreamBody<stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Broken>>>>;

fn withheld(sent: &[&'static str], signed: &str, most: u64) -> (Withheld<Frames>, Rc<Sending>) {
    let mut headers = http::HeaderMap::new();
    headers.insert("content-digest", header_value(signed.as_bytes()).parse().unwrap());
    let expected = Expected::find(&headers).unwrap();
    let frames: Vec<_> = sent.iter().map(|text| Ok(Frame::data(Bytes::from(*text)))).collect();
    let sending = Rc::new(Sending::default());
    let body = Withheld {
        body: StreamBody::new(stream::iter(frames)),
        passing: Some(Passing::new(Hashing::new(expected), None)),
        held: None,
        most,
        sending: Rc::clone(&sending),
    };
    (body, sending)
}

/// What an upstream would have received, and how the body ended.
async fn drain(mut body: Withheld<Frames>) -> (String, bool) {
    let mut seen = String::new();
    loop {
        match body.frame().await {
            Some(Ok(frame)) => {
                seen.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
            }
            Some(Err(Broken)) => return (seen, false),
            None => return (seen, true),
        }
    }
}

#[tokio::test]
async fn a_body_that_verifies_passes_whole() {
    let (body, sending) = withheld(&["one ", "", "two ", "three"], "one two three", 100);
    assert_eq!(drain(body).await, ("one two three".into(), true));
    assert_eq!(sending.take_end().unwrap().unwrap().bytes, 13);
}

#[tokio::test]
async fn the_last_bytes_of_a_body_that_does_not_verify_are_never_sent() {
    let (body, sending) = withheld(&["one ", "two ", "THREE"], "one two three", 100);
    assert_eq!(drain(body).await, ("one two ".into(), false));
    assert_eq!(sending.take_end(), Some(Err(Denial::DigestMismatch)));
    let (body, sending) = withheld(&["tampered"], "original", 100);
    assert_eq!(drain(body).await, (String::new(), false));
    assert_eq!(sending.take_end(), Some(Err(Denial::DigestMismatch)));
    let (body, _) = withheld(&[], "original", 100);
    assert_eq!(drain(body).await, (String::new(), false));
}

#[tokio::test]
async fn a_body_that_grows_over_the_limit_is_cut_off() {
    let (body, sending) = withheld(&["12345", "67890", "x"], "1234567890x", 10);
    let (seen, whole) = drain(body).await;
    assert!(!whole && seen.len() <= 10);
    assert_eq!(sending.take_end(), Some(Err(Denial::BodyTooLarge { limit_bytes: 10 })));
}
