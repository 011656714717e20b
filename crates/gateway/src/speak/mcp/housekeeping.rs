//! The methods by which the protocol keeps house. They do nothing for whom they are called, so they
//! ask for no scope; the list is closed, and what is not on it is unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_domain::operation::{ApprovalRule, Operation, Sensitivity};
use bailiwick_domain::scope::ScopeSet;

/// Requests, in all revisions.
const REQUESTS: [&str; 12] = [
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "prompts/list",
    COMPLETE,
    SUBSCRIBE,
    UNSUBSCRIBE,
    LISTEN,
    "logging/setLevel",
];
/// Notifications that clients send.
const NOTIFICATIONS: [&str; 4] = [
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/roots/list_changed",
];

/// Completes an argument of a prompt or a resource template.
pub const COMPLETE: &str = "completion/complete";
/// Asks to hear of changes of a resource.
pub const SUBSCRIBE: &str = "resources/subscribe";
/// Asks to hear no more of them.
pub const UNSUBSCRIBE: &str = "resources/unsubscribe";
/// Asks to hear of changes of lists and of resources, in the revisions without sessions.
pub const LISTEN: &str = "subscriptions/listen";
/// Answers what the server asked for.
pub const RESPONSE: &str = "response";
/// Listens to the server: `GET`, in the revisions with sessions.
pub const STREAM: &str = "session/stream";
/// Ends a session: `DELETE`.
pub const END: &str = "session/end";

/// The housekeeping of one API, as operations without scopes.
#[derive(Debug, Clone)]
pub struct House(BTreeMap<&'static str, Arc<Operation>>);

impl House {
    /// That of the API of this name.
    pub fn of(api: &str) -> Self {
        let names = REQUESTS.into_iter().chain(NOTIFICATIONS).chain([RESPONSE, STREAM, END]);
        Self(names.map(|name| (name, Arc::new(operation(api, name)))).collect())
    }

    /// What a request of this method asks for.
    pub fn request(&self, method: &str) -> Option<&Arc<Operation>> {
        self.0.get(method).filter(|_| REQUESTS.contains(&method))
    }

    /// What a notification of this method says.
    pub fn notification(&self, method: &str) -> Option<&Arc<Operation>> {
        self.0.get(method).filter(|_| NOTIFICATIONS.contains(&method))
    }

    /// An answer to the server, the server's stream, and a session's end: by their names here.
    pub fn other(&self, name: &str) -> Option<&Arc<Operation>> {
        self.0.get(name)
    }
}

fn operation(api: &str, name: &str) -> Operation {
    Operation {
        sensitivity: Sensitivity::Public,
        approval: ApprovalRule::Never,
        ..Operation::new(api, name, "", ScopeSet::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_closed_and_requests_are_no_notifications() {
        let house = House::of("acme");
        let named = |found: Option<&Arc<Operation>>| found.map(|it| it.method.clone());
        assert_eq!(named(house.request("ping")).as_deref(), Some("ping"));
        assert_eq!(named(house.other(RESPONSE)).as_deref(), Some(RESPONSE));
        for method in ["tools/call", "notifications/initialized", "tasks/list", "response", ""] {
            assert_eq!(named(house.request(method)), None, "{method}");
        }
        for method in ["ping", "notifications/message", "session/end", "notifications/"] {
            assert_eq!(named(house.notification(method)), None, "{method}");
        }
        let operation = house.request("tools/list").unwrap();
        assert!(operation.scopes.is_empty() && operation.approvers(0) == 0);
    }
}
