//! What every door does alike: a request as a proxy tells of it is admitted or refused, and the
//! record closed.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::Chain;
use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::asked::payload::{self, Source};
use crate::asked::target::Target;
use crate::asked::{Arrival, Asked, Malformed, origin};
use crate::check::record;
use crate::core::{Core, Gate};
use crate::observed::Leave;
use crate::pipeline;
use crate::upstream::answer::Answer;
use crate::upstream::respond;
use crate::upstream::vouch::{Vouched, vouch};

/// Where the doors take what they are told.
#[derive(Clone, Copy)]
pub(super) struct Counter<'a> {
    pub(super) core: &'a Rc<Core>,
    /// Where the proxy that asks is.
    pub(super) peer: IpAddr,
}

/// A request as a proxy tells of it.
pub(super) struct Told {
    /// Its method, target and fields; `Host` is the host that was asked for.
    pub(super) parts: Parts,
    /// Its body.
    pub(super) body: Source,
    /// Where it comes from.
    pub(super) address: IpAddr,
    /// `http` or `https`, as the caller sees it.
    pub(super) scheme: &'static str,
    /// The certificates that the caller showed to the proxy, whose key it holds.
    pub(super) certificate: Option<Arc<Chain>>,
}

/// What cannot be made out: the head as far as it could be read, and why.
pub(super) struct Unclear {
    pub(super) parts: Parts,
    pub(super) denial: Denial,
}

/// The gateway's word.
pub(super) enum Word {
    /// The request may be passed on.
    Pass(Vouched),
    /// It may not; this is what its caller is to be answered.
    Refuse(Refusal),
}

/// The answer to a refused caller.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Counter<'_> {
    /// Decides about a request that came to a proxy of this kind.
    pub(super) async fn decide(&self, told: Result<Told, Box<Unclear>>, via: &'static str) -> Word {
        let core = self.core;
        let world = core.world.load_full();
        let gate = Gate { world: &world, core };
        let at = core.clock.now();
        let arrival = Arrival {
            id: core.next_id(at),
            at,
            begun: Instant::now(),
            address: self.peer,
            scheme: core.settings.scheme,
            chance: core.next_number(),
            via: Some(via),
        };
        let read = told.map_err(|unclear| {
            let Unclear { parts, denial } = *unclear;
            Box::new(Malformed { arrival, parts, denial })
        });
        let read = read.and_then(|told| {
            let Told { parts, body, address, scheme, certificate } = told;
            let arrival = Arrival { address, scheme, ..arrival };
            let request = Request::from_parts(parts, body);
            Asked::told(request, arrival, certificate, &core.settings)
        });
        match read {
            Ok(asked) => admit(&asked, &gate).await,
            Err(malformed) => {
                let denial = &malformed.denial;
                record::refuse_malformed(&malformed, respond::status(denial).as_u16(), &gate);
                Word::refuse(respond::refuse(denial, None, malformed.arrival.id))
            }
        }
    }

    /// Where a request comes from, as the proxy says in its fields; it may itself be behind others
    /// that are trusted.
    pub(super) fn address(&self, headers: &HeaderMap) -> Result<IpAddr, Denial> {
        origin::told(headers, &self.core.settings.proxies)
    }

    /// The whole body of what a proxy says, up to what is held.
    pub(super) async fn gather(&self, mut body: Incoming) -> Result<Bytes, Denial> {
        payload::gather(&mut body, self.core.settings.bounds.idle, |_| {}).await
    }
}

async fn admit(asked: &Asked, gate: &Gate<'_>) -> Word {
    let leave = match pipeline::admit(asked, gate).await {
        Ok(permit) => Ok(Leave::Admitted(permit)),
        Err(denial) => pipeline::observe(asked, denial, gate).await.map(Leave::Observed),
    };
    match leave {
        Ok(leave) => match vouch(leave, asked, gate.core) {
            Ok(vouched) => Word::Pass(vouched),
            Err(denial) => Word::refuse(respond::refuse(&denial, None, asked.arrival.id)),
        },
        Err(denial) => {
            record::refuse(asked, &denial, respond::status(&denial).as_u16(), gate);
            Word::refuse(respond::refuse_asked(&denial, asked, gate))
        }
    }
}

impl Word {
    fn refuse(response: Response<Answer>) -> Self {
        let (parts, body) = response.into_parts();
        let (status, headers) = (parts.status, parts.headers);
        Self::Refuse(Refusal { status, headers, body: body.into_bytes() })
    }
}

/// Makes method and target those that the proxy tells of.
pub(super) fn retarget(parts: &mut Parts, method: &[u8], target: &str) -> Result<(), Denial> {
    let unreadable = |_| Denial::RequestMalformed("the method that the proxy tells is none");
    parts.method = Method::from_bytes(method).map_err(unreadable)?;
    let authority = parts.uri.authority().map(|it| HeaderValue::from_str(it.as_str()));
    if let Some(Ok(authority)) = authority {
        parts.headers.insert(HOST, authority);
    }
    parts.uri = Uri::from(Target::parse(target)?.path_and_query().clone());
    Ok(())
}

/// The scheme that a proxy says.
pub(super) fn scheme(said: &[u8]) -> Result<&'static str, Denial> {
    match said {
        b"https" => Ok("https"),
        b"http" => Ok("http"),
        _ => Err(Denial::RequestMalformed("the proxy tells no scheme, or another than http(s)")),
    }
}

/// The one value of a field that the proxy writes itself.
pub(super) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], Denial> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        _ => Err(Denial::RequestMalformed("a field that the proxy has to write is not there once")),
    }
}
