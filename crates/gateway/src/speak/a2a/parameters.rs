//! The parameters of a method, read so that nobody behind the gateway reads them differently.
//!
//! Names are in camel case (A2A 1.0, section 5.5). Readers of ProtoJSON take the name that a field
//! has in the schema too, `task_id` beside `taskId`, and some take any case: so a name that is
//! neither is refused wherever it could be taken for one that decides.

use serde_json::{Map, Value};

/// What a member that decides can be; others are not looked at.
const NOTHING: Option<&Value> = None;

/// The parameters of a method.
#[derive(Debug, Default)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    /// Those of a message, refused where a name has more than one reader's spelling.
    pub fn read(members: Map<String, Value>) -> Result<Self, &'static str> {
        let inner = ["message", "configuration"].map(|name| members.get(name));
        let levels = inner.into_iter().flatten().filter_map(Value::as_object);
        if [&members].into_iter().chain(levels).all(are_plain) {
            return Ok(Self(members));
        }
        Err("a member has a name that can be taken for another")
    }

    /// All of them.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// The message that is sent.
    pub fn message(&self) -> Option<&Map<String, Value>> {
        self.0.get("message")?.as_object()
    }

    /// The tenant that is named; an empty text names none, as the schema has it.
    pub fn tenant(&self) -> Result<Option<&str>, &'static str> {
        match self.0.get("tenant").filter(|it| !it.is_null()) {
            None => Ok(None),
            Some(Value::String(tenant)) => Ok(Some(tenant.as_str()).filter(|it| !it.is_empty())),
            Some(_) => Err("`tenant` is not a text"),
        }
    }

    /// Whether a message asks to be told of its task at a URL.
    pub fn asks_for_push(&self) -> bool {
        let configuration = self.0.get("configuration");
        let asked = configuration.map_or(NOTHING, |it| it.get("taskPushNotificationConfig"));
        let of_old = configuration.map_or(NOTHING, |it| it.get("pushNotificationConfig"));
        [asked, of_old].into_iter().flatten().any(|it| !it.is_null())
    }

    /// Whether they name this task, or none. Of a push notification configuration `id` is its own.
    pub fn agree_on(&self, task: &str, of_configuration: bool) -> bool {
        let names = if of_configuration { &["taskId"][..] } else { &["id", "taskId"] };
        let mut named = names.iter().filter_map(|name| self.0.get(*name));
        named.all(|value| value.as_str() == Some(task))
    }
}

/// Whether no name can be taken for another: letters and digits, and no two that differ in case
/// alone.
fn are_plain(members: &Map<String, Value>) -> bool {
    let is_plain = |name: &String| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let twice = |(place, name): (usize, &String)| {
        members.keys().skip(place + 1).any(|other| other.eq_ignore_ascii_case(name))
    };
    let deciding = ["message", "metadata", "configuration", "tenant", "taskId", "contextId"];
    let is_taken_for_one = |name: &String| {
        deciding.iter().any(|known| known.eq_ignore_ascii_case(name) && known != name)
    };
    members.len() <= MOST_MEMBERS
        && members.keys().all(|name| is_plain(name) && !is_taken_for_one(name))
        && !members.keys().enumerate().any(twice)
}

/// The most members that are looked through for such names.
const MOST_MEMBERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Parameters, &'static str> {
        let Value::Object(members) = value else { panic!("an object") };
        Parameters::read(members)
    }

    #[test]
    fn names_have_one_spelling_where_they_decide() {
        for fine in [
            json!({}),
            json!({"message": {"parts": [{"a_b": 1}], "metadata": {"a_b": 1, "A_b": 2}}}),
            json!({"metadata": {"x_y": 1}, "id": "7"}),
        ] {
            assert!(read(fine.clone()).is_ok(), "{fine}");
        }
        for odd in [
            json!({"Message": {}}),
            json!({"message": {"task_id": "7"}}),
            json!({"message": {"Metadata": {}}}),
            json!({"message": {"parts": [], "Parts": []}}),
            json!({"configuration": {"task_push_notification_config": {}}}),
            json!({"message": {}, "MESSAGE": {}}),
            json!({"ta\u{017f}kId": "7"}),
            json!({"": 1}),
        ] {
            assert!(read(odd.clone()).is_err(), "{odd}");
        }
        let many: Map<String, Value> =
            (0..=MOST_MEMBERS).map(|it| (format!("a{it}"), Value::Null)).collect();
        assert!(Parameters::read(many).is_err());
    }

    #[test]
    fn push_is_asked_for_under_either_name() {
        let asks = |value| read(value).unwrap().asks_for_push();
        assert!(asks(json!({"configuration": {"taskPushNotificationConfig": {"url": "x"}}})));
        assert!(asks(json!({"configuration": {"pushNotificationConfig": {"url": "x"}}})));
        assert!(!asks(json!({"configuration": {"taskPushNotificationConfig": null}})));
        assert!(!asks(json!({"configuration": {}})));
        assert!(!asks(json!({})));
    }

    #[test]
    fn a_body_names_the_task_of_its_path_or_none() {
        let agree = |value, configuration| read(value).unwrap().agree_on("7", configuration);
        assert!(agree(json!({}), false));
        assert!(agree(json!({"id": "7"}), false));
        assert!(agree(json!({"taskId": "7", "id": "config"}), true));
        assert!(agree(json!({"id": "config"}), true));
        assert!(!agree(json!({"id": "8"}), false));
        assert!(!agree(json!({"taskId": "7", "id": "8"}), false));
        assert!(!agree(json!({"taskId": "8"}), true));
        assert!(!agree(json!({"taskId": 7}), true));
    }

    #[test]
    fn a_tenant_is_a_text() {
        assert_eq!(read(json!({"tenant": "a"})).unwrap().tenant(), Ok(Some("a")));
        assert_eq!(read(json!({"tenant": ""})).unwrap().tenant(), Ok(None));
        assert_eq!(read(json!({"tenant": null})).unwrap().tenant(), Ok(None));
        assert!(read(json!({"tenant": 7})).unwrap().tenant().is_err());
    }
}
