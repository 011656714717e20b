//! The description of the interface, made from the endpoints themselves (OpenAPI 3.1).

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApiBuilder, PathItem, Ref, RefOr, Response,
    ResponseBuilder,
};
use utoipa_axum::router::OpenApiRouter;

use crate::authority::Authority;
use crate::http::{backchannel, client_registration, device_authorization, endpoints, par, token};

const SIGNATURE: &str = "An HTTP message signature (RFC 9421) with the agent's key, in Signature \
    and Signature-Input. It covers @method, @authority and @path (or @target-uri), @query when \
    there is one and content-digest when there is a body, as they are at the issuer's own URL; and \
    has created, expires (within the window), nonce (16 to 128 characters) and keyid (key_… or the \
    key's RFC 7638 thumbprint).";
const ASSERTION: &str = "A client_assertion in the form (RFC 7523), signed with the agent's key, \
    whose kid is key_… or the key's RFC 7638 thumbprint; aud is the issuer alone.";

/// The OpenAPI document of every endpoint, as pretty JSON.
pub fn openapi() -> String {
    let info = InfoBuilder::new()
        .title("Bailiwick authority")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Hands out narrow, provable credentials, and governs who holds them."));
    let mut components = Components::new();
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
    let document = OpenApiBuilder::new().info(info.build()).components(Some(components)).build();
    let router: OpenApiRouter<Authority> = OpenApiRouter::with_openapi(document)
        .merge(endpoints::open())
        .merge(endpoints::administration());
    let mut document = router.into_openapi();
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(finish).collect();
    let text = document.to_pretty_json();
    text.map(|text| text + "\n").unwrap_or_default()
}

/// The router's way of writing a parameter that spans segments becomes a plain one, since OpenAPI
/// has no other; and every operation says what its refusals look like, those included that any
/// operation may give.
fn finish((path, mut item): (String, PathItem)) -> (String, PathItem) {
    let (schema, kind) = match path.as_str() {
        "/ssf/events" => ("SignalError", "application/json"),
        token::PATH
        | par::PATH
        | device_authorization::PATH
        | backchannel::PATH
        | client_registration::PATH
        | client_registration::ONE => ("OauthProblem", "application/json"),
        _ => ("Problem", "application/problem+json"),
    };
    let operations =
        [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    for operation in operations.into_iter().flatten() {
        let responses = &mut operation.responses.responses;
        for (_, response) in responses.iter_mut().filter(|(status, _)| !status.starts_with('2')) {
            if let RefOr::T(response) = response {
                response.content = refusal(schema, kind).content;
            }
        }
        responses.insert("default".to_owned(), refusal(schema, kind).into());
    }
    (path.replace("{*", "{"), item)
}

fn refusal(schema: &str, kind: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name(schema)));
    ResponseBuilder::new().description("Refused").content(kind, content).build()
}

fn schemes() -> [(&'static str, SecurityScheme); 6] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An operator's admin token, `bwa_…`."));
    let stream = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token of one stream of signals, `bwe_…`."));
    let carries = |what| HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(what));
    let invite = carries("An invite's code, `bwi_…` (RFC 7591, section 3).");
    let own = carries("What a client was given when it registered (RFC 7592, section 3).");
    let signature = ApiKeyValue::with_description("Signature", SIGNATURE);
    let assertion = ApiKeyValue::with_description("client_assertion", ASSERTION);
    [
        ("operator", SecurityScheme::Http(bearer.build())),
        ("stream_token", SecurityScheme::Http(stream.build())),
        ("initial_access_token", SecurityScheme::Http(invite.build())),
        ("registration_access_token", SecurityScheme::Http(own.build())),
        ("agent_signature", SecurityScheme::ApiKey(ApiKey::Header(signature))),
        ("client_assertion", SecurityScheme::ApiKey(ApiKey::Query(assertion))),
    ]
}
