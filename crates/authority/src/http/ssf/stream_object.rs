//! A stream as its receiver sees it, and what a receiver may say of it (SSF 1.0, section 8.1.1).

use bailiwick_domain::signal::{Delivery, Kind, Stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::ssf::poll;
use crate::refusal::Refusal;
use crate::signals::streams::{Asked, VERIFICATION_SECONDS, Wish};

/// Signals are sent to the receiver.
pub(crate) const PUSH: &str = "urn:ietf:rfc:8935";
/// The receiver asks for signals.
pub(crate) const POLL: &str = "urn:ietf:rfc:8936";

/// The configuration of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalStream {
    /// Its identifier.
    #[schema(example = "str_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    stream_id: String,
    /// The issuer of its tokens.
    iss: String,
    /// Whom its tokens are for.
    aud: String,
    /// How signals reach the receiver.
    delivery: SignalDelivery,
    /// What can be told.
    events_supported: [&'static str; Kind::ALL.len()],
    /// What the receiver asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events_requested: Vec<String>,
    /// What it is told: the one and the other.
    events_delivered: Vec<&'static str>,
    /// How many seconds lie between two verifications at least.
    min_verification_interval: u32,
    /// What it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
}

/// How signals reach a receiver. The `Authorization` that was given is never shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalDelivery {
    /// `urn:ietf:rfc:8935`, sent, or `urn:ietf:rfc:8936`, asked for.
    method: &'static str,
    /// Where they are sent, or asked for.
    endpoint_url: String,
}

/// What a receiver says of its stream. Members that are not its to say are passed over.
#[derive(Deserialize, ToSchema)]
pub(crate) struct StreamWish {
    /// How signals are to reach it; it asks for them when left out.
    delivery: Option<DeliveryWish>,
    /// Which events; all when left out.
    events_requested: Option<Vec<String>>,
    /// What it is for.
    description: Option<String>,
}

/// How signals are to reach a receiver.
#[derive(Deserialize, ToSchema)]
pub(crate) struct DeliveryWish {
    /// `urn:ietf:rfc:8935`, sent, or `urn:ietf:rfc:8936`, asked for.
    method: String,
    /// Where to send them.
    endpoint_url: Option<String>,
    /// The `Authorization` to send with them. It is kept sealed and never shown.
    authorization_header: Option<String>,
}

impl SignalStream {
    /// The stream as it is.
    pub(crate) fn new(authority: &Authority, stream: Stream) -> Self {
        let delivery = match &stream.delivery {
            Delivery::Push { endpoint, .. } => {
                SignalDelivery { method: PUSH, endpoint_url: endpoint.clone() }
            }
            Delivery::Poll => {
                SignalDelivery { method: POLL, endpoint_url: poll::url(authority, stream.id) }
            }
        };
        let delivered = Kind::ALL.into_iter().filter(|kind| {
            stream.requested.is_empty() || stream.requested.iter().any(|it| it == kind.uri())
        });
        Self {
            stream_id: stream.id.to_string(),
            iss: authority.settings.issuer.clone(),
            delivery,
            events_supported: Kind::ALL.map(Kind::uri),
            events_delivered: delivered.map(Kind::uri).collect(),
            aud: stream.audience,
            events_requested: stream.requested,
            min_verification_interval: VERIFICATION_SECONDS,
            description: stream.description,
        }
    }
}

impl StreamWish {
    /// The wish, read.
    pub(crate) fn read(self) -> Result<Wish, Refusal> {
        let delivery = self.delivery.map(DeliveryWish::read).transpose()?;
        let (requested, description) = (self.events_requested, self.description);
        Ok(Wish { delivery, requested, description })
    }
}

impl DeliveryWish {
    /// How signals are to be delivered, read.
    pub(crate) fn read(self) -> Result<Asked, Refusal> {
        match (self.method.as_str(), self.endpoint_url) {
            (POLL, _) => Ok(Asked::Poll),
            (PUSH, Some(endpoint)) => Ok(Asked::Push(endpoint, self.authorization_header)),
            (PUSH, None) => {
                Err(Refusal::Malformed("`endpoint_url` says where to send signals".to_owned()))
            }
            _ => Err(Refusal::Malformed(format!("`method` is `{PUSH}` or `{POLL}`"))),
        }
    }
}
