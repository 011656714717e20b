//! What holds for every client, however it came to be.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, Url};

use crate::ambient::SystemClock;
use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::denial::{Denial, PendingApproval};
use crate::error::{BoxError, Error};
use crate::manner::Manner;
use crate::waiting::Patience;

/// The request that people have to decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
}

/// Why a key is to be changed, and to what.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewKey {
    /// The public JWK of the new key, to be registered.
    pub public_jwk: String,
    /// The refusal that asked for it; nothing where
    /// [`Client::rotate_key_with`](crate::Client::rotate_key_with) was called.
    pub why: Option<Denial>,
}

pub(crate) type Coming<T> = Pin<Box<dyn Future<Output = T> + Send>>;
pub(crate) type OnApproval = Arc<dyn Fn(PendingApproval, Asked) -> Coming<bool> + Send + Sync>;
pub(crate) type Register = dyn Fn(NewKey) -> Coming<Result<String, BoxError>> + Send + Sync;

/// What may be set, with what holds where it is not.
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) manner: Manner,
    pub(crate) on_approval: Option<OnApproval>,
    pub(crate) on_rotation: Option<Arc<Register>>,
    pub(crate) patience: Patience,
    pub(crate) max_skew: Duration,
    pub(crate) origins: Vec<String>,
    pub(crate) carrier: Option<Arc<dyn Carrier>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            manner: Manner::default(),
            on_approval: None,
            on_rotation: None,
            patience: Patience { retries: 4, max_wait: Duration::from_secs(30) },
            max_skew: Duration::from_mins(5),
            origins: Vec::new(),
            carrier: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Options {
    /// How requests say whose they are, and how far they reach; by a signature and as far as the
    /// agent may, unless told otherwise.
    pub fn manner(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }

    /// Is told when people have to decide; false gives up, true waits for them. Without it the
    /// request fails with `approval_pending`.
    pub fn on_approval<F, C>(mut self, told: F) -> Self
    where
        F: Fn(PendingApproval, Asked) -> C + Send + Sync + 'static,
        C: Future<Output = bool> + Send + 'static,
    {
        self.on_approval = Some(Arc::new(move |approval, asked| Box::pin(told(approval, asked))));
        self
    }

    /// Registers a new key when the gateway says that the present one is over, with whoever may do
    /// that, and comes back with the id that it was given, `key_…`. It sends nothing as this agent,
    /// whose requests wait for it.
    pub fn on_rotation<F, C>(mut self, register: F) -> Self
    where
        F: Fn(NewKey) -> C + Send + Sync + 'static,
        C: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        self.on_rotation = Some(Arc::new(move |new| Box::pin(register(new))));
        self
    }

    /// How often a request is sent again where the server does not say when; 4 times, unless told
    /// otherwise. With 0 nothing is sent again after a wait.
    pub fn retries(mut self, retries: u32) -> Self {
        self.patience.retries = retries;
        self
    }

    /// For how long one request waits altogether as servers ask it to; 30 seconds.
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.patience.max_wait = max_wait;
        self
    }

    /// How far off this machine's clock may be, and is made up for; 5 minutes.
    pub fn max_skew(mut self, max_skew: Duration) -> Self {
        self.max_skew = max_skew;
        self
    }

    /// One more address at which the agent's gateway answers. Tokens are sent there too.
    pub fn origin(mut self, address: impl Into<String>) -> Self {
        self.origins.push(address.into());
        self
    }

    /// What sends; a `reqwest::Client` of its own, unless told otherwise. It must follow no
    /// redirects.
    pub fn carrier(mut self, carrier: impl Carrier + 'static) -> Self {
        self.carrier = Some(Arc::new(carrier));
        self
    }

    /// Where time comes from; the machine.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("manner", &self.manner)
            .field("patience", &self.patience)
            .field("max_skew", &self.max_skew)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

/// What of it is looked at with every request.
pub(crate) struct Settings {
    pub(crate) on_approval: Option<OnApproval>,
    pub(crate) on_rotation: Option<Arc<Register>>,
    /// Where tokens may be sent.
    pub(crate) origins: BTreeSet<String>,
}

impl Settings {
    /// The settings of an agent whose gateway is there.
    pub(crate) fn of(options: &Options, gateway: &str) -> Result<Self, Error> {
        let named = options.origins.iter().map(String::as_str).chain([gateway]);
        let origin = |address: &str| Ok(server(address)?.origin().ascii_serialization());
        Ok(Self {
            on_approval: options.on_approval.clone(),
            on_rotation: options.on_rotation.clone(),
            origins: named.map(origin).collect::<Result<_, Error>>()?,
        })
    }
}

/// The address of a server, as a URL of nothing but its origin.
pub(crate) fn server(address: &str) -> Result<Url, Error> {
    let read = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let origin = read.and_then(|url| Url::parse(&url.origin().ascii_serialization()).ok());
    let what = "is no address of a server, such as https://authority.example";
    origin.ok_or_else(|| Error::misused(format!("`{address}` {what}")))
}
