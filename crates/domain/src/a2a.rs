//! The Agent2Agent protocol (1.0): which of its methods are operations, and how one is found.
//!
//! A skill is an operation: a message that is sent to it. The other methods are on none.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::limit::Limit;
use crate::operation::{Ambiguous, ApprovalRule, Operation};
use crate::scope::ScopeSet;

/// The version of the protocol that is spoken, as `A2A-Version` and a card's `protocolVersion` have
/// it.
pub const VERSION: &str = "1.0";
/// Where a card is, below the address of its agent (section 8.2).
pub const CARD_PATH: &str = "/.well-known/agent-card.json";
/// The method that sends a message, which is to a skill (section 9.4.1).
pub const SEND: &str = "SendMessage";
/// The method that sends a message and is answered as it goes on; the same operation as [`SEND`].
pub const SEND_STREAMING: &str = "SendStreamingMessage";
/// The method that shows a task.
pub const GET_TASK: &str = "GetTask";
/// The method that lists tasks.
pub const LIST_TASKS: &str = "ListTasks";
/// The method that cancels a task.
pub const CANCEL_TASK: &str = "CancelTask";
/// The method that follows a task.
pub const SUBSCRIBE: &str = "SubscribeToTask";
/// The method that says where the agent is to report a task to.
pub const CREATE_PUSH: &str = "CreateTaskPushNotificationConfig";
/// The method that shows where the agent reports a task to.
pub const GET_PUSH: &str = "GetTaskPushNotificationConfig";
/// The method that lists where the agent reports a task to.
pub const LIST_PUSH: &str = "ListTaskPushNotificationConfigs";
/// The method that ends a report.
pub const DELETE_PUSH: &str = "DeleteTaskPushNotificationConfig";
/// The method that shows the card that only the known see.
pub const GET_EXTENDED_CARD: &str = "GetExtendedAgentCard";
/// All of them (section 5.3).
pub const METHODS: [&str; 11] = [
    SEND,
    SEND_STREAMING,
    GET_TASK,
    LIST_TASKS,
    CANCEL_TASK,
    SUBSCRIBE,
    CREATE_PUSH,
    GET_PUSH,
    LIST_PUSH,
    DELETE_PUSH,
    GET_EXTENDED_CARD,
];
/// What stands for all skills of an agent; no skill can be called that.
pub const ANY: &str = "*";
/// The longest id of a skill, in bytes.
pub const MAX_ID: usize = 128;

/// Whether a text can be the id of a skill here: 1 to 128 bytes of printable ASCII without space,
/// and not [`ANY`].
pub fn is_skill_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (1..=MAX_ID).contains(&text.len()) && plain && text != ANY
}

/// Whether a method only reads. What a skill says of itself is not known to be so, and so sending a
/// message never does. No method of HTTP that is served has a small letter.
pub fn reads(method: &str) -> bool {
    [GET_TASK, LIST_TASKS, SUBSCRIBE, GET_PUSH, LIST_PUSH, GET_EXTENDED_CARD].contains(&method)
}

/// The skills and the other described methods of one API, arranged for finding.
#[derive(Debug, Clone, Default)]
pub struct Skills {
    by_id: BTreeMap<Box<str>, Arc<Operation>>,
    methods: BTreeMap<Box<str>, Arc<Operation>>,
    any: Option<Arc<Operation>>,
}

impl Skills {
    /// Arranges operations; refused when two would be found by one request, and when one is neither
    /// a message to a skill nor another method by itself.
    pub fn new(operations: &[Arc<Operation>]) -> Result<Self, Ambiguous> {
        let mut arranged = Self::default();
        for operation in operations {
            arranged.insert(operation)?;
        }
        arranged.any = any_of(&arranged.by_id);
        Ok(arranged)
    }

    fn insert(&mut self, operation: &Arc<Operation>) -> Result<(), Ambiguous> {
        let Operation { method, template, .. } = &**operation;
        let (held, name) = match method.as_str() {
            SEND if is_skill_id(template) => (&mut self.by_id, template),
            SEND | SEND_STREAMING => return Err(Ambiguous::Skill(operation.to_string())),
            other if METHODS.contains(&other) && template.is_empty() => (&mut self.methods, method),
            _ => return Err(Ambiguous::Skill(operation.to_string())),
        };
        match held.insert(name.as_str().into(), Arc::clone(operation)) {
            None => Ok(()),
            Some(_) => Err(Ambiguous::Twice(operation.to_string())),
        }
    }

    /// The operation that a method means, if one is described: of a message the one of its skill;
    /// of any other method, which is on no skill, its own.
    pub fn find(&self, method: &str, skill: &str) -> Option<&Arc<Operation>> {
        match method {
            SEND | SEND_STREAMING => self.by_id.get(skill),
            _ => self.methods.get(method),
        }
    }

    /// The skills, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.by_id.values()
    }

    /// What a message asks for that names no skill, and may be answered by any: as much as all of
    /// them together, under the name [`ANY`]. The skill itself where there is only one, and nothing
    /// where there is none.
    pub fn any(&self) -> Option<&Arc<Operation>> {
        self.any.as_ref()
    }
}

/// An operation that stands for all skills: whoever may call it may call each of them.
fn any_of(skills: &BTreeMap<Box<str>, Arc<Operation>>) -> Option<Arc<Operation>> {
    let (_, first) = skills.first_key_value()?;
    if skills.len() == 1 {
        return Some(Arc::clone(first));
    }
    let all = || skills.values();
    let strictest = [ApprovalRule::Always, ApprovalRule::Policy, ApprovalRule::Never];
    let approval = strictest.into_iter().find(|rule| all().any(|it| it.approval == *rule));
    Some(Arc::new(Operation {
        api: Arc::clone(&first.api),
        method: SEND.to_owned(),
        template: ANY.to_owned(),
        scopes: ScopeSet::new(all().flat_map(|it| &it.scopes).cloned()),
        limit: all().filter_map(|it| it.limit).reduce(Limit::within),
        sensitivity: all().map(|it| it.sensitivity).max()?,
        approval: approval?,
        approvers: all().map(|it| it.approvers).max()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Sensitivity;

    fn operation(text: &str) -> Arc<Operation> {
        let (method, template) = text.split_once(' ').unwrap_or((text, ""));
        Arc::new(Operation::new("acme", method, template, ScopeSet::default()))
    }

    fn skills(texts: &[&str]) -> Result<Skills, Ambiguous> {
        Skills::new(&texts.iter().map(|text| operation(text)).collect::<Vec<_>>())
    }

    fn check(asked: &str, expected: Option<&str>) {
        let skills = skills(&["SendMessage map", "SendMessage {map}", "GetTask"]).unwrap();
        let (method, skill) = asked.split_once(' ').unwrap_or((asked, ""));
        let found = skills.find(method, skill).map(ToString::to_string);
        assert_eq!(found.as_deref(), expected, "{asked}");
    }

    #[test]
    fn the_described_is_found_and_nothing_else() {
        check("SendMessage map", Some("SendMessage map"));
        check("SendStreamingMessage map", Some("SendMessage map"));
        check("SendMessage {map}", Some("SendMessage {map}"));
        check("SendMessage {any}", None);
        check("SendMessage Map", None);
        check("SendMessage *", None);
        check("SendMessage", None);
        check("sendMessage map", None);
        check("GetTask", Some("GetTask"));
        check("GetTask map", Some("GetTask"));
        check("ListTasks", None);
        check("map", None);
    }

    #[test]
    fn what_cannot_be_told_apart_or_is_nothing_known_is_refused() {
        for texts in [
            &["SendMessage a", "SendMessage a"][..],
            &["GetTask", "GetTask"],
            &["SendMessage"],
            &["SendMessage *"],
            &["SendMessage a b"],
            &["SendMessage é"],
            &["SendMessage a\n"],
            &["SendStreamingMessage a"],
            &["GetTask a"],
            &["message/send a"],
            &["GET /a"],
        ] {
            assert!(skills(texts).is_err(), "{texts:?}");
        }
        assert!(is_skill_id(&"a".repeat(MAX_ID)));
        assert!(!is_skill_id(&"a".repeat(MAX_ID + 1)));
    }

    #[test]
    fn what_names_no_skill_asks_for_as_much_as_all() {
        assert!(skills(&["GetTask"]).unwrap().any().is_none());
        let one = skills(&["SendMessage a", "GetTask"]).unwrap();
        assert_eq!(one.any().unwrap().template, "a");
        let made = |id: &str, scopes: &str, limit: Option<&str>| Operation {
            limit: limit.map(|limit| limit.parse().unwrap()),
            ..Operation::new("acme", SEND, id, scopes.parse().unwrap())
        };
        let a = Operation {
            sensitivity: Sensitivity::Restricted,
            approval: ApprovalRule::Never,
            ..made("a", "x:a y:a", Some("1000/d"))
        };
        let b = Operation { approvers: 2, ..made("b", "y:a z:a", None) };
        let c = Operation {
            approval: ApprovalRule::Always,
            sensitivity: Sensitivity::Public,
            ..made("c", "", Some("30/min"))
        };
        let all = Skills::new(&[a, b, c].map(Arc::new)).unwrap();
        let expected = Operation {
            sensitivity: Sensitivity::Restricted,
            approval: ApprovalRule::Always,
            approvers: 2,
            ..made(ANY, "x:a y:a z:a", Some("30/h"))
        };
        assert_eq!(**all.any().unwrap(), expected);
        let names: Vec<_> = all.all().map(|it| it.template.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn only_what_shows_tasks_and_cards_reads() {
        let reading: Vec<_> = METHODS.into_iter().filter(|method| reads(method)).collect();
        let expected = [GET_TASK, LIST_TASKS, SUBSCRIBE, GET_PUSH, LIST_PUSH, GET_EXTENDED_CARD];
        assert_eq!(reading, expected);
        assert!(!reads("Get") && !reads("GET") && !reads(""));
    }
}
