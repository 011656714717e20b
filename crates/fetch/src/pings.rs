//! Telling others something once: clients that a person has decided what they asked in the
//! background (CIBA Core 1.0, section 10.2), webhooks that a request waits for people.

use std::fmt;

use http::HeaderMap;

use crate::client::{Ask, Client};
use crate::unfetched::Unfetched;
use crate::url::Url;

/// The longest answer that is read, in bytes; nothing in it counts.
const ANSWER_BYTES: usize = 8 * 1024;

/// Those who are told.
#[derive(Clone)]
pub struct Pings(Client);

impl Pings {
    /// Tells by this client.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Posts a JSON document, with these fields, which show that it is ours. The status that was
    /// answered; nobody is followed elsewhere.
    pub async fn send(
        &self,
        url: &Url,
        fields: HeaderMap,
        json: Vec<u8>,
    ) -> Result<u16, Unfetched> {
        let ask = Ask { max_bytes: ANSWER_BYTES, ..Ask::new(url, &["application/json"]) };
        let (status, _) = self.0.send(ask, ("application/json", json), fields).await?;
        Ok(status)
    }
}

impl fmt::Debug for Pings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pings")
    }
}
