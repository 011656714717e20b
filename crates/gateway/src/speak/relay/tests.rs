use super::*;
use std::future::poll_fn;

fn parts(content_type: &'static str) -> Parts {
    let response = http::Response::builder().header("content-type", content_type);
    response.header("content-length", "9").body(()).unwrap().into_parts().0
}

fn passing() -> Relay {
    let mut parts = parts("text/event-stream; charset=utf-8");
    let relay = Relay::begin(None, &mut parts, false).unwrap().unwrap();
    assert!(parts.headers.contains_key("content-length") && !relay.alters());
    relay
}

fn pass(relay: &mut Relay, data: &'static str) {
    let frame = Frame::data(Bytes::from(data));
    let passed = relay.take(Some(frame), false).unwrap().unwrap();
    assert_eq!(passed.into_data().unwrap(), data);
}

/// After how many seconds a stream that says nothing more says that.
async fn silent_for(relay: &mut Relay) -> Option<u64> {
    let begun = Instant::now();
    let said = poll_fn(|cx| relay.poll_silence(cx));
    let said = tokio::time::timeout(Duration::from_mins(1), said).await.ok()?;
    assert_eq!(said, ":\n");
    Some(begun.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_says_nothing_is_kept_alive() {
    let mut relay = passing();
    assert_eq!(silent_for(&mut relay).await, Some(15));
    assert_eq!(silent_for(&mut relay).await, Some(15), "again and again");
    tokio::time::advance(Duration::from_secs(10)).await;
    pass(&mut relay, "data: a\n\n");
    assert_eq!(silent_for(&mut relay).await, Some(15), "from the last thing that was said");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_said_within_a_line() {
    let mut relay = passing();
    pass(&mut relay, "data: a");
    assert_eq!(silent_for(&mut relay).await, None);
    pass(&mut relay, "b\n");
    assert_eq!(silent_for(&mut relay).await, Some(15));
}

#[tokio::test]
async fn other_answers_go_on_as_they_come() {
    assert!(Relay::begin(None, &mut parts("application/json"), false).unwrap().is_none());
    let mut compressed = parts("text/event-stream");
    compressed.headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    assert!(Relay::begin(None, &mut compressed, false).unwrap().is_none());
}
