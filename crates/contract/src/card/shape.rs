//! The messages of a card (`a2a.proto`, version 1.0), as far as something hangs on their shape:
//! which members there are, of what kind, and which of them a signature tells apart from absence.

use serde_json::{Map, Value};

use crate::pointer::join;
use crate::unread::Unread;

/// A message: its members by their names in JSON (ProtoJSON: lower camel case).
pub(super) struct Message(&'static [Field]);

/// A member of a message.
pub(super) struct Field {
    name: &'static str,
    pub(super) kind: Kind,
    pub(super) presence: Presence,
}

/// What a member holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Flag,
    Texts,
    One(&'static Message),
    Many(&'static Message),
    /// By names that are whoever's; of messages, or else of texts.
    Named(Option<&'static Message>),
    /// Any object (`google.protobuf.Struct`).
    Free,
}

/// Whether a member that says nothing is there (section 8.4.1, rule 1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// `REQUIRED`.
    Required,
    /// `optional`.
    Optional,
    /// Neither: a default value and absence are one.
    Implied,
}

use Kind::{Flag, Free, Many, Named, One, Text, Texts};
use Presence::{Implied, Optional, Required};

const fn field(name: &'static str, kind: Kind, presence: Presence) -> Field {
    Field { name, kind, presence }
}

/// The card itself. What it is signed by is no part of what is signed.
pub(super) static CARD: Message = Message(&[
    field("name", Text, Required),
    field("description", Text, Required),
    field("supportedInterfaces", Many(&INTERFACE), Required),
    field("provider", One(&PROVIDER), Implied),
    field("version", Text, Required),
    field("documentationUrl", Text, Optional),
    field("capabilities", One(&CAPABILITIES), Required),
    field("securitySchemes", Named(Some(&SCHEME)), Implied),
    field("securityRequirements", Many(&REQUIREMENT), Implied),
    field("defaultInputModes", Texts, Required),
    field("defaultOutputModes", Texts, Required),
    field("skills", Many(&SKILL), Required),
    field("signatures", Many(&SIGNATURE), Implied),
    field("iconUrl", Text, Optional),
]);

static INTERFACE: Message = Message(&[
    field("url", Text, Required),
    field("protocolBinding", Text, Required),
    field("tenant", Text, Implied),
    field("protocolVersion", Text, Required),
]);

static PROVIDER: Message =
    Message(&[field("url", Text, Required), field("organization", Text, Required)]);

static CAPABILITIES: Message = Message(&[
    field("streaming", Flag, Optional),
    field("pushNotifications", Flag, Optional),
    field("extensions", Many(&EXTENSION), Implied),
    field("extendedAgentCard", Flag, Optional),
]);

static EXTENSION: Message = Message(&[
    field("uri", Text, Implied),
    field("description", Text, Implied),
    field("required", Flag, Implied),
    field("params", Free, Implied),
]);

static SKILL: Message = Message(&[
    field("id", Text, Required),
    field("name", Text, Required),
    field("description", Text, Required),
    field("tags", Texts, Required),
    field("examples", Texts, Implied),
    field("inputModes", Texts, Implied),
    field("outputModes", Texts, Implied),
    field("securityRequirements", Many(&REQUIREMENT), Implied),
]);

static SIGNATURE: Message = Message(&[
    field("protected", Text, Required),
    field("signature", Text, Required),
    field("header", Free, Implied),
]);

static REQUIREMENT: Message = Message(&[field("schemes", Named(Some(&LIST)), Implied)]);
static LIST: Message = Message(&[field("list", Texts, Implied)]);

static SCHEME: Message = Message(&[
    field("apiKeySecurityScheme", One(&API_KEY), Implied),
    field("httpAuthSecurityScheme", One(&HTTP_AUTH), Implied),
    field("oauth2SecurityScheme", One(&OAUTH2), Implied),
    field("openIdConnectSecurityScheme", One(&OPENID_CONNECT), Implied),
    field("mtlsSecurityScheme", One(&MTLS), Implied),
]);

static API_KEY: Message = Message(&[
    field("description", Text, Implied),
    field("location", Text, Required),
    field("name", Text, Required),
]);

static HTTP_AUTH: Message = Message(&[
    field("description", Text, Implied),
    field("scheme", Text, Required),
    field("bearerFormat", Text, Implied),
]);

static OAUTH2: Message = Message(&[
    field("description", Text, Implied),
    field("flows", One(&FLOWS), Required),
    field("oauth2MetadataUrl", Text, Implied),
]);

static OPENID_CONNECT: Message =
    Message(&[field("description", Text, Implied), field("openIdConnectUrl", Text, Required)]);

static MTLS: Message = Message(&[field("description", Text, Implied)]);

static FLOWS: Message = Message(&[
    field("authorizationCode", One(&AUTHORIZATION_CODE), Implied),
    field("clientCredentials", One(&CLIENT_CREDENTIALS), Implied),
    field("implicit", One(&IMPLICIT), Implied),
    field("password", One(&PASSWORD), Implied),
    field("deviceCode", One(&DEVICE_CODE), Implied),
]);

static AUTHORIZATION_CODE: Message = Message(&[
    field("authorizationUrl", Text, Required),
    field("tokenUrl", Text, Required),
    field("refreshUrl", Text, Implied),
    field("scopes", Named(None), Required),
    field("pkceRequired", Flag, Implied),
]);

static CLIENT_CREDENTIALS: Message = Message(&[
    field("tokenUrl", Text, Required),
    field("refreshUrl", Text, Implied),
    field("scopes", Named(None), Required),
]);

static IMPLICIT: Message = Message(&[
    field("authorizationUrl", Text, Implied),
    field("refreshUrl", Text, Implied),
    field("scopes", Named(None), Implied),
]);

static PASSWORD: Message = Message(&[
    field("tokenUrl", Text, Implied),
    field("refreshUrl", Text, Implied),
    field("scopes", Named(None), Implied),
]);

static DEVICE_CODE: Message = Message(&[
    field("deviceAuthorizationUrl", Text, Required),
    field("tokenUrl", Text, Required),
    field("refreshUrl", Text, Implied),
    field("scopes", Named(None), Required),
]);

impl Message {
    /// The member of this name, where the protocol has one.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.name == name)
    }

    /// Holds an object against the message. Members that the protocol does not have are let be;
    /// but for one under the name that it has in `a2a.proto`, by which some read it too.
    pub(super) fn check(&self, given: &Value, at: &str) -> Result<(), Unread> {
        let members = object(given, at)?;
        for (name, value) in members {
            let at = join(at, name);
            match self.field(name) {
                // Null is what is not set (ProtoJSON).
                Some(_) if value.is_null() => {}
                Some(field) => field.kind.check(value, &at)?,
                None if self.0.iter().any(|field| is_spelling(name, field.name)) => {
                    return Err(Unread::new(&at, "is a second name of a member"));
                }
                None => {}
            }
        }
        Ok(())
    }
}

impl Kind {
    fn check(self, given: &Value, at: &str) -> Result<(), Unread> {
        match self {
            Text => expect(given.is_string(), at, "a text"),
            Flag => expect(given.is_boolean(), at, "true or false"),
            Free => expect(given.is_object(), at, "an object"),
            One(message) => message.check(given, at),
            Named(of) => object(given, at)?
                .iter()
                .try_for_each(|(name, value)| of.map_or(Text, One).check(value, &join(at, name))),
            Texts => each(given, Text, at),
            Many(message) => each(given, One(message), at),
        }
    }
}

fn each(given: &Value, kind: Kind, at: &str) -> Result<(), Unread> {
    let elements = given.as_array().ok_or_else(|| Unread::new(at, "has to be a list"))?;
    let mut elements = elements.iter().enumerate();
    elements.try_for_each(|(number, element)| kind.check(element, &join(at, &number.to_string())))
}

fn object<'a>(given: &'a Value, at: &str) -> Result<&'a Map<String, Value>, Unread> {
    given.as_object().ok_or_else(|| Unread::new(at, "has to be an object"))
}

fn expect(fine: bool, at: &str, expected: &str) -> Result<(), Unread> {
    if fine { Ok(()) } else { Err(Unread::new(at, format!("has to be {expected}"))) }
}

/// Whether a name is another spelling of a member's, as `protocol_version` is.
fn is_spelling(name: &str, of: &str) -> bool {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
    plain(name) == plain(of)
}
