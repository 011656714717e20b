//! The card of an agent behind the gateway, as clients find it here (A2A 1.0, section 8.2).
//!
//! A card that the agent signed is told byte for byte. One that is not signed says where the agent
//! is found and how it is asked as that is here: at the gateway, with a token of the authority.

use bailiwick_contract::card::{Binding, Card, is_of_gateway};
use bailiwick_domain::a2a::{CREATE_PUSH, SEND, Skills, VERSION};
use bailiwick_domain::api::Api;
use bailiwick_domain::scope::Scope;
use bailiwick_proof::opaque::sha256;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::interface::Interface;
use super::skill;

/// How clients are to identify themselves, by its name in the card.
const SCHEME: &str = "bailiwick";

/// A card that is told.
#[derive(Debug, Clone)]
pub struct Published {
    /// The card.
    pub body: Bytes,
    /// Its entity tag (RFC 9110, section 8.8.3).
    pub etag: String,
}

impl Published {
    /// The card of an agent, where there is one that clients can be told.
    pub fn of(
        card: &Card,
        (interfaces, skills): (&[Interface], &Skills),
        (api, issuer): (&Api, &str),
    ) -> Option<Self> {
        if interfaces.is_empty() {
            return None;
        }
        let body = if card.signed {
            Bytes::copy_from_slice(card.text.as_bytes())
        } else {
            Bytes::from(rewritten(card, (interfaces, skills), (api, issuer))?.to_string())
        };
        let digest = sha256(&body);
        let short = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
        Some(Self { body, etag: format!("\"{}\"", short.collect::<String>()) })
    }
}

fn rewritten(
    card: &Card,
    (interfaces, skills): (&[Interface], &Skills),
    (api, issuer): (&Api, &str),
) -> Option<Value> {
    let Ok(Value::Object(mut members)) = serde_json::from_str(&card.text) else { return None };
    let base = api.resource.trim_end_matches('/');
    let interfaces: Vec<Value> = interfaces.iter().map(|it| interface(it, base)).collect();
    members.insert("supportedInterfaces".to_owned(), interfaces.into());
    let asked = |scopes: Vec<&str>| json!([{"schemes": {SCHEME: {"list": scopes}}}]);
    members.insert("securitySchemes".to_owned(), json!({SCHEME: scheme(skills, issuer)}));
    members.insert("securityRequirements".to_owned(), asked(Vec::new()));
    if let Some(told) = members.get_mut("skills").and_then(Value::as_array_mut) {
        // What waits for its scopes to be confirmed is not offered.
        told.retain_mut(|told| {
            let id = told.get("id").and_then(Value::as_str).unwrap_or_default();
            let Some(operation) = skills.find(SEND, id) else { return false };
            let scopes = asked(operation.scopes.iter().map(Scope::as_str).collect());
            told.as_object_mut().map(|it| it.insert("securityRequirements".to_owned(), scopes));
            true
        });
    }
    tell_capabilities(&mut members, skills);
    Some(Value::Object(members))
}

fn interface(interface: &Interface, base: &str) -> Value {
    let binding = match interface.binding {
        Binding::JsonRpc => "JSONRPC",
        _ => "HTTP+JSON",
    };
    let url = format!("{base}{}", interface.path);
    let mut told = json!({"url": url, "protocolBinding": binding, "protocolVersion": VERSION});
    if let (Some(tenant), Some(members)) = (&interface.tenant, told.as_object_mut()) {
        members.insert("tenant".to_owned(), tenant.as_str().into());
    }
    told
}

fn scheme(skills: &Skills, issuer: &str) -> Value {
    let scopes = skills.all().flat_map(|operation| operation.scopes.iter());
    let scopes: Map<String, Value> =
        scopes.map(|scope| (scope.to_string(), scope.as_str().into())).collect();
    let flow = json!({"tokenUrl": format!("{issuer}/oauth/token"), "scopes": scopes});
    json!({"oauth2SecurityScheme": {
        "flows": {"clientCredentials": flow},
        "oauth2MetadataUrl": format!("{issuer}/.well-known/oauth-authorization-server"),
    }})
}

/// What the agent can do as far as it is let here. What its card says to the gateway alone is left
/// out.
fn tell_capabilities(members: &mut Map<String, Value>, skills: &Skills) {
    let capabilities = members.entry("capabilities").or_insert_with(|| json!({}));
    let Some(capabilities) = capabilities.as_object_mut() else { return };
    if skills.find(CREATE_PUSH, "").is_none() {
        capabilities.insert("pushNotifications".to_owned(), false.into());
    }
    let extensions = capabilities.entry("extensions").or_insert_with(|| json!([]));
    if let Some(extensions) = extensions.as_array_mut() {
        extensions.retain(|it| !is_of_gateway(it));
        extensions.push(skill::extension());
    }
}
