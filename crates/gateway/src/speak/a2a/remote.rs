//! The agent behind an API: what it can be asked to do, and where.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bailiwick_contract::card::Card;
use bailiwick_contract::service::Service;
use bailiwick_domain::a2a::{
    CANCEL_TASK, GET_EXTENDED_CARD, GET_TASK, LIST_TASKS, SUBSCRIBE, Skills,
};
use bailiwick_domain::api::Api;
use bailiwick_domain::operation::{Ambiguous, ApprovalRule, Operation, Sensitivity};
use bailiwick_domain::scope::ScopeSet;

use super::interface::Interface;
use super::published::Published;

/// What is of no skill alone, and open to whoever may use one: tasks, and the card with more in it.
/// That somebody's URL is told of tasks has to be described.
const OPEN: [&str; 5] = [GET_TASK, LIST_TASKS, CANCEL_TASK, SUBSCRIBE, GET_EXTENDED_CARD];

/// An agent behind the gateway.
#[derive(Debug, Default)]
pub struct Remote {
    /// Its skills, and what else is described.
    pub skills: Skills,
    /// Where it is spoken with.
    pub interfaces: Vec<Interface>,
    open: BTreeMap<&'static str, Arc<Operation>>,
    published: OnceLock<Option<Published>>,
}

impl Remote {
    /// What an accepted card and the configuration say of it; nothing can be asked of an agent
    /// without a card.
    pub fn arrange(api: &Api, service: &Service) -> Result<Self, Ambiguous> {
        let skills = Skills::new(service.operations())?;
        let Some(card) = service.card() else { return Ok(Self { skills, ..Self::default() }) };
        // What is signed is told as it is, so all of it has to lead here.
        let leads_past =
            card.signed && !card.interfaces.iter().all(|it| Interface::is_here(it, api));
        let of = |told| Interface::of(told, api, !card.signed).filter(|_| !leads_past);
        let interfaces: Vec<Interface> = card.interfaces.iter().filter_map(of).collect();
        if interfaces.is_empty() {
            tracing::error!(
                api = %api.name, resource = api.resource,
                upstream = api.upstream, signed = card.signed,
                "nothing is served of the agent: of a card that is signed, every interface has to \
                 be below the API's resource; of another, one below that or below its upstream"
            );
        }
        let open = OPEN.map(|method| (method, Arc::new(operation(&api.name, method))));
        let (open, published) = (open.into_iter().collect(), OnceLock::new());
        Ok(Self { skills, interfaces, open, published })
    }

    /// The accepted card, as it is told to clients of this API, whose authority is the issuer.
    pub fn published(&self, (api, card): (&Api, &Card), issuer: &str) -> Option<&Published> {
        let make = || self.publish((api, card), issuer);
        self.published.get_or_init(make).as_ref()
    }

    /// A card of the agent, as it is told.
    pub fn publish(&self, (api, card): (&Api, &Card), issuer: &str) -> Option<Published> {
        Published::of(card, (self.interfaces.as_slice(), &self.skills), (api, issuer))
    }

    /// The interface that a path is of, and what of the path is behind that.
    pub fn find<'a>(&self, path: &'a str) -> Option<(&Interface, &'a str)> {
        self.interfaces.iter().find_map(|interface| Some((interface, interface.strip(path)?)))
    }

    /// What is open to whoever may use one skill.
    pub fn open(&self, method: &str) -> Option<&Arc<Operation>> {
        self.open.get(method)
    }
}

fn operation(api: &str, method: &str) -> Operation {
    Operation {
        sensitivity: Sensitivity::Public,
        approval: ApprovalRule::Never,
        ..Operation::new(api, method, "", ScopeSet::default())
    }
}
