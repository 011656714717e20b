//! Telling clients that a person has decided what they asked in the background (CIBA Core 1.0,
//! section 10.2).

use std::fmt;

use http::HeaderValue;

use crate::client::{Ask, Client};
use crate::unfetched::Unfetched;
use crate::url::Url;

/// The longest answer that is read, in bytes; nothing in it counts.
const ANSWER_BYTES: usize = 8 * 1024;

/// Clients that are told.
#[derive(Clone)]
pub struct Pings(Client);

impl Pings {
    /// Tells by this client.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Posts a JSON document, with this `Authorization`. The status that was answered; nobody is
    /// followed elsewhere.
    pub async fn send(
        &self,
        url: &Url,
        authorization: HeaderValue,
        json: Vec<u8>,
    ) -> Result<u16, Unfetched> {
        let ask = Ask { max_bytes: ANSWER_BYTES, ..Ask::new(url, &["application/json"]) };
        let sent = ("application/json", json);
        let (status, _) = self.0.send(ask, sent, Some(authorization)).await?;
        Ok(status)
    }
}

impl fmt::Debug for Pings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pings")
    }
}
