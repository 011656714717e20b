//! Clients that are known by a document which they publish
//! (draft-ietf-oauth-client-id-metadata-document): its URL is their `client_id`.

use bailiwick_domain::agent::{Agent, Kind, Name, State};
use bailiwick_domain::client::{ClientRegistration, GrantType, Method, Source};
use bailiwick_domain::id::AgentId;
use bailiwick_fetch::Url;
use bailiwick_proof::opaque::sha256;
use serde_json::{Map, Value};

use crate::authority::{Authority, ClientDocuments};
use crate::clients::find;
use crate::clients::metadata::{Defaults, Metadata, Unfit};
use crate::clients::requester::{Requester, unknown};
use crate::fault::Fault;
use crate::refusal::Refusal;

/// The most of a host's name that goes into an agent's.
const HOST: usize = 48;

/// The client whose document is at this URL. Its agent is the one that was made for it, or one that
/// is not made yet.
pub(crate) async fn find(authority: &Authority, client_id: &str) -> Result<Requester, Refusal> {
    let taken = authority.settings.client_documents.as_ref().ok_or_else(unknown)?;
    let url = read_url(client_id).ok_or_else(|| malformed("client_id is no URL of a document"))?;
    let fetched = authority.outside.documents.find(&url).await;
    let document = fetched.map_err(|error| {
        malformed(&format!("the document that client_id names cannot be had: {error}"))
    })?;
    let metadata = read(client_id, &document).map_err(|unfit| match unfit {
        Unfit::RedirectUri(why) | Unfit::Metadata(why) => {
            malformed(&format!("the document that client_id names: {why}"))
        }
    })?;
    let known = find::find(authority, &mut authority.store.read().await?, client_id).await?;
    let admitted = known.is_some();
    let (agent, before) = match known {
        Some((agent, registration)) => (agent, Some(registration)),
        None => (provisional(authority, taken, (client_id, &url))?, None),
    };
    let registration = register(authority, metadata, (&agent, client_id), url.host())?;
    let created_at = before.map_or(registration.created_at, |it| it.created_at);
    let registration = ClientRegistration { created_at, ..registration };
    Ok(Requester { client_id: client_id.to_owned(), agent, registration, admitted })
}

fn malformed(why: &str) -> Refusal {
    Refusal::Malformed(why.to_owned())
}

/// A URL with a path, in its one spelling and without a query, so that no two that look alike are
/// two clients (section 3 of the draft). Whether plain HTTP may be asked, the guard knows.
fn read_url(client_id: &str) -> Option<Url> {
    let url: Url = client_id.parse().ok()?;
    let target = url.target();
    let dotted = |segment: &str| matches!(&*segment.replace("%2e", "."), "." | "..");
    let straight = !target.to_ascii_lowercase().split('/').any(dotted);
    let plain = target.len() > 1 && !target.contains('?') && straight;
    (plain && url.to_string() == client_id).then_some(url)
}

/// Reads a document; it names its own URL (section 4.1 of the draft), or another's could be passed
/// off as one's own.
fn read(client_id: &str, document: &Map<String, Value>) -> Result<Metadata, Unfit> {
    if document.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err(Unfit::Metadata("its client_id is not its own URL".to_owned()));
    }
    let metadata = Metadata::read(document)?;
    match metadata.method {
        None | Some(Method::None) => Ok(metadata),
        Some(_) => {
            let why = "token_endpoint_auth_method: a client with a document is public: `none`";
            Err(Unfit::Metadata(why.to_owned()))
        }
    }
}

fn register(
    authority: &Authority,
    metadata: Metadata,
    (agent, client_id): (&Agent, &str),
    host: &str,
) -> Result<ClientRegistration, Refusal> {
    let defaults = Defaults {
        name: host,
        method: Method::None,
        grants: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
    };
    let named = (agent.id, Source::Document(client_id.to_owned()));
    metadata.register(named, defaults, authority.now()).map_err(|unfit| match unfit {
        Unfit::RedirectUri(why) | Unfit::Metadata(why) => malformed(&why),
    })
}

/// The agent that such a client will be, once somebody lets it act: named after its host, within
/// what the configuration gives to such clients.
fn provisional(
    authority: &Authority,
    taken: &ClientDocuments,
    (client_id, url): (&str, &Url),
) -> Result<Agent, Fault> {
    let now = authority.now();
    let plain = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '-' };
    let host: String = url.host().chars().take(HOST).map(plain).collect();
    let digest = sha256(client_id.as_bytes());
    let number = digest.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    let name = format!("{}-{number:08x}", host.trim_matches('-'));
    let name: Name = name.parse().map_err(|_| Fault::Corrupt("the name of a client"))?;
    Ok(Agent {
        id: AgentId::fresh(now, &authority.entropy),
        project: taken.project.clone(),
        name,
        owner: url.host().to_owned(),
        purpose: format!("whatever the client at {client_id} is asked to do"),
        kind: Kind::Copilot,
        state: State::Active,
        scopes: taken.scopes.clone(),
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: now,
        updated_at: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "https://app.example/client.json";

    #[test]
    fn a_document_is_named_by_one_url_only() {
        assert!(read_url(ID).is_some());
        for text in [
            "https://app.example/",
            "https://app.example",
            "https://APP.example/client.json",
            "https://app.example:443/client.json",
            "https://app.example/client.json?x=1",
            "https://app.example/client.json#x",
            "https://user@app.example/client.json",
            "https://app.example/a/../client.json",
            "https://app.example/a/%2e%2E/client.json",
            "ftp://app.example/client.json",
            "urn:x",
        ] {
            assert!(read_url(text).is_none(), "{text}");
        }
    }

    fn check(change: impl FnOnce(&mut Value), fine: bool) {
        let redirects = ["https://a.example/"];
        let mut document =
            json!({ "client_id": ID, "client_name": "App", "redirect_uris": redirects });
        change(&mut document);
        assert_eq!(read(ID, document.as_object().unwrap()).is_ok(), fine, "{document}");
    }

    #[test]
    fn a_document_is_of_its_own_url_and_of_a_public_client() {
        check(|_| (), true);
        check(|it| it["token_endpoint_auth_method"] = "none".into(), true);
        check(|it| it["client_id"] = "https://app.example/client".into(), false);
        check(|it| it["client_id"] = Value::Null, false);
        check(|it| it["client_secret"] = "x".into(), false);
        check(|it| it["token_endpoint_auth_method"] = "private_key_jwt".into(), false);
        check(|it| it["token_endpoint_auth_method"] = "client_secret_post".into(), false);
        check(|it| it["redirect_uris"] = json!(["http://a.example/"]), false);
    }
}
