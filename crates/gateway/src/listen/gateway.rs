//! The gateway as a whole: a world that follows the store, and one thread for each core.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use arc_swap::ArcSwap;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Clock;
use bailiwick_fetch::Outside;
use bailiwick_proof::keys::SigningKey;
use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use bailiwick_store::feed::Contact;
use bailiwick_store::journal::Journal;
use bailiwick_vault::seal::Sealer;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;

use super::accept::{Admission, Reception};
use super::beside::Inquiries;
use super::door::Door;
use super::tls;
use super::unstartable::Unstartable;
use crate::core::{Core, Parts};
use crate::desk::{self, Desk};
use crate::routes::Apis;
use crate::settings::{Backend, Settings};
use crate::signer::{Keyless, Signer, Workshop};
use crate::sweeper::Sweeper;
use crate::upstream::endpoint::Endpoint;
use crate::world::World;
use crate::world::keeper::{Differences, Keeper, Origin};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1_024;

/// What a gateway stands on.
#[derive(Clone)]
pub struct Foundation {
    /// The store it follows.
    pub store: Store,
    /// Nonces and limits.
    pub fast: Fast,
    /// Whom others are asked about.
    pub outside: Outside,
    /// Opens sealed secrets.
    pub sealer: Arc<Sealer>,
    /// The present.
    pub clock: Clock,
    /// Unpredictable bytes.
    pub entropy: Entropy,
}

/// A running gateway.
pub struct Gateway {
    address: SocketAddr,
    beside: Option<SocketAddr>,
    stopping: watch::Sender<bool>,
    cores: Vec<oneshot::Receiver<()>>,
    keeper: Keeper,
    signer: Option<Signer>,
    sweeper: Sweeper,
}

impl Gateway {
    /// Starts listening. Must be called on a Tokio runtime, which then keeps the world current.
    pub async fn start(settings: Settings, on: Foundation) -> Result<Self, Unstartable> {
        Self::start_admitting(settings, on, Admission::Checked).await
    }

    /// Starts a gateway that admits everything as this agent's and records nothing.
    #[cfg(feature = "constant-permit")]
    pub async fn start_constant(
        settings: Settings,
        on: Foundation,
        agent: bailiwick_domain::agent::Agent,
    ) -> Result<Self, Unstartable> {
        let everyone = crate::constant::everyone(agent, &settings.trust_domain);
        let everyone = everyone.map_err(|error| Unstartable::Core(io::Error::other(error)))?;
        Self::start_admitting(settings, on, Admission::Constant(everyone)).await
    }

    async fn start_admitting(
        settings: Settings,
        on: Foundation,
        admission: Admission,
    ) -> Result<Self, Unstartable> {
        let apis = Arc::new(open_apis(&settings)?);
        let tls = settings.tls.as_ref().map(tls::server_config).transpose()?;
        let tls = tls.map(TlsAcceptor::from);
        let origin = Origin {
            sealer: Arc::clone(&on.sealer),
            issuer: settings.issuer.clone(),
            trust_domain: settings.trust_domain.clone(),
            apis,
            clock: on.clock.clone(),
        };
        let keeper = Keeper::start(&on.store, origin).await?;
        let desk = Desk::new(desk::Parts {
            store: on.store.clone(),
            sealer: Arc::clone(&on.sealer),
            entropy: on.entropy.clone(),
            decided: keeper.decided.clone(),
        });
        let signer = start_signer(&settings, &on).await?;
        let settings = Arc::new(settings);
        let (stopping, stop) = watch::channel(false);
        let mut address = settings.listen;
        let mut beside = settings.beside.as_ref().map(|beside| beside.listen);
        let mut cores = Vec::new();
        for number in 0..settings.cores.max(1) {
            let socket = listen(&mut address)?;
            let inquiries = beside.as_mut().map(listen).transpose()?;
            let seat = Seat {
                number,
                socket,
                inquiries,
                settings: Arc::clone(&settings),
                world: Arc::clone(&keeper.world),
                contact: keeper.contact.clone(),
                signing: signer.as_ref().map(|signer| Arc::clone(&signer.key)),
                tls: tls.clone(),
                on: on.clone(),
                desk: desk.clone(),
                admission: admission.clone(),
                stopping: stop.clone(),
            };
            cores.push(seat.take().await?);
        }
        let sweeper = Sweeper::start(on.store.clone(), on.clock.clone());
        Ok(Self { address, beside, stopping, cores, keeper, signer, sweeper })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for proxies that it stands beside, if it does.
    pub fn beside(&self) -> Option<SocketAddr> {
        self.beside
    }

    /// Reads everything the store holds again now, as happens by itself every five minutes, and
    /// puts the world right; what was wrong.
    pub async fn reconcile(&self) -> Result<Differences, bailiwick_store::Fault> {
        self.keeper.reconcile().await
    }

    /// Stops accepting, lets open requests come to their end within the time the settings give, and
    /// returns when every core has ended.
    pub async fn stop(self) {
        self.stopping.send_replace(true);
        for core in self.cores {
            // An error means that the core has ended already.
            let _ = core.await;
        }
        drop((self.keeper, self.signer, self.sweeper));
    }
}

/// A key to tell APIs of requests with, if one of them wants to be told.
async fn start_signer(settings: &Settings, on: &Foundation) -> Result<Option<Signer>, Keyless> {
    if !settings.apis.iter().any(|backend| backend.api.txn_token) {
        return Ok(None);
    }
    let Foundation { store, clock, entropy, .. } = on.clone();
    Signer::start(Workshop { store, clock, entropy }).await.map(Some)
}

fn open_apis(settings: &Settings) -> Result<Apis, Unstartable> {
    let mut opened = Vec::new();
    for backend in &settings.apis {
        let Backend { api, upstream_ca, card_keys } = backend;
        let endpoint = Endpoint::parse(&api.upstream, api.kind, upstream_ca.as_deref())
            .map_err(|error| Unstartable::Upstream { api: backend.api.name.to_string(), error })?;
        opened.push((backend.api.clone(), endpoint, card_keys.clone()));
    }
    Ok(Apis::new(opened)?)
}

/// A listener that shares its port with the other cores'; which one, the address says from then on.
fn listen(address: &mut SocketAddr) -> Result<std::net::TcpListener, Unstartable> {
    let opened = open_shared(*address).and_then(|socket| Ok((socket.local_addr()?, socket)));
    let unheard = |error| Unstartable::Listen { address: *address, error };
    let (found, socket) = opened.map_err(unheard)?;
    *address = found;
    Ok(socket)
}

/// The kernel spreads connections over all listeners of one port.
fn open_shared(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// What one core needs to begin.
struct Seat {
    number: usize,
    socket: std::net::TcpListener,
    inquiries: Option<std::net::TcpListener>,
    settings: Arc<Settings>,
    world: Arc<ArcSwap<World>>,
    contact: Contact,
    signing: Option<Arc<ArcSwap<SigningKey>>>,
    tls: Option<TlsAcceptor>,
    on: Foundation,
    desk: Desk,
    admission: Admission,
    stopping: watch::Receiver<bool>,
}

/// What a core works with.
struct Opened {
    listener: TcpListener,
    inquiries: Option<TcpListener>,
    core: Core,
}

impl Seat {
    /// Starts the core's thread; the receiver hears when it has ended.
    async fn take(self) -> Result<oneshot::Receiver<()>, Unstartable> {
        let (begun, beginning) = oneshot::channel();
        let (ended, ending) = oneshot::channel();
        let name = format!("core-{}", self.number);
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => LocalSet::new().block_on(&runtime, self.run(begun)),
                Err(error) => drop(begun.send(Err(Unstartable::Core(error)))),
            }
            drop(ended);
        };
        thread::Builder::new().name(name).spawn(run).map_err(Unstartable::Core)?;
        let stopped = || Unstartable::Core(io::Error::other("the core stopped at once"));
        beginning.await.map_err(|_| stopped())??;
        Ok(ending)
    }

    async fn run(self, begun: oneshot::Sender<Result<(), Unstartable>>) {
        let stopping = self.stopping.clone();
        let (tls, admission) = (self.tls.clone(), self.admission.clone());
        match self.open() {
            Ok(Opened { listener, inquiries, core }) => {
                // Whoever asked may have gone; the core then stops with the gateway.
                let _ = begun.send(Ok(()));
                let core = std::rc::Rc::new(core);
                let bounds = Arc::clone(&core.settings.bounds);
                let beside = inquiries.map(|listener| {
                    let (bounds, stopping) = (Arc::clone(&bounds), stopping.clone());
                    let reception = Inquiries::new(std::rc::Rc::clone(&core));
                    Door { listener, reception, bounds, stopping }
                });
                let reception = Reception { core, tls, admission };
                let door = Door { listener, reception, bounds, stopping };
                let beside = async {
                    futures_util::future::OptionFuture::from(beside.map(Door::serve)).await
                };
                tokio::join!(door.serve(), beside);
            }
            Err(error) => drop(begun.send(Err(error))),
        }
    }

    fn open(self) -> Result<Opened, Unstartable> {
        let listener = TcpListener::from_std(self.socket).map_err(Unstartable::Core)?;
        let inquiries = self.inquiries.map(TcpListener::from_std).transpose();
        let inquiries = inquiries.map_err(Unstartable::Core)?;
        let Settings { journal, durability, node, .. } = &*self.settings;
        let writer =
            format!("{node}-{:x}-{}", u64::from_be_bytes(self.on.entropy.bytes()), self.number);
        let journal = Journal::create(journal, &writer, *durability)?;
        let core = Core::new(Parts {
            fast: self.on.fast.for_this_runtime(),
            settings: self.settings,
            world: self.world,
            contact: self.contact,
            signing: self.signing,
            clock: self.on.clock,
            entropy: self.on.entropy,
            outside: self.on.outside,
            sealer: self.on.sealer,
            desk: self.desk,
            journal,
        });
        Ok(Opened { listener, inquiries, core })
    }
}
