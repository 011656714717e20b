//! What an agent is as an OAuth client: where answers to it may go, and how it asks.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::agent::Unknown;
use crate::id::AgentId;
use crate::redirect::RedirectUri;
use crate::time::Timestamp;

/// The most redirect URIs of one client.
pub const MOST_REDIRECTS: usize = 16;

/// An agent's registration as a client (RFC 7591, section 2). Without one, it asks in its own name
/// only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRegistration {
    /// The agent.
    pub agent: AgentId,
    /// How it came about.
    pub source: Source,
    /// What the client calls itself, for people to read. Nothing is decided by it.
    pub name: String,
    /// Where answers may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it authenticates at the endpoints that ask for that.
    pub method: Method,
    /// What it may ask for tokens by.
    pub grants: BTreeSet<GrantType>,
    /// Whether its tokens are always bound to a DPoP key (RFC 9449, section 5.2).
    pub dpop_bound: bool,
    /// Where it is told that a person has decided (CIBA Core 1.0, section 10.2); none of a client
    /// that asks by itself.
    pub notification_endpoint: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When any of the above last changed.
    pub updated_at: Timestamp,
}

/// How a registration came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An operator wrote it.
    Operator,
    /// The client registered itself, with an invite (RFC 7591); the SHA-256 of its registration
    /// access token.
    Itself([u8; 32]),
    /// The client publishes it at this URL (draft-ietf-oauth-client-id-metadata-document).
    Document(String),
}

/// How a client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Not at all: a public client (RFC 6749, section 2.1).
    None,
    /// With an assertion signed by its key, or by its platform (RFC 7523).
    PrivateKeyJwt,
    /// With a signature over the request (RFC 9421).
    MessageSignature,
    /// With a JWT-SVID (draft-ietf-oauth-spiffe-client-auth).
    SpiffeJwt,
    /// With a certificate of its platform's authority (RFC 8705, section 2.1).
    Tls,
    /// With a certificate that is registered itself (RFC 8705, section 2.2).
    SelfSignedTls,
}

impl Method {
    /// Every way there is.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::PrivateKeyJwt,
        Self::MessageSignature,
        Self::SpiffeJwt,
        Self::Tls,
        Self::SelfSignedTls,
    ];

    /// The way as metadata names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::MessageSignature => "http_message_signature",
            Self::SpiffeJwt => "spiffe_jwt",
            Self::Tls => "tls_client_auth",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
        }
    }
}

impl FromStr for Method {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let found = Self::ALL.into_iter().find(|method| method.as_str() == text);
        found.ok_or_else(|| Unknown::word(text, "a way that clients authenticate here"))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a client may ask for tokens by, where that needs a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantType {
    /// A person's consent, given in a browser (RFC 6749, section 4.1).
    AuthorizationCode,
    /// A consent that lasts (RFC 6749, section 6).
    RefreshToken,
    /// Its own authority (RFC 6749, section 4.4).
    ClientCredentials,
    /// A person's consent, by a code that a device shows them (RFC 8628).
    DeviceCode,
    /// A person's consent, whom the client named (CIBA Core 1.0).
    Backchannel,
    /// The authority of a token that it was given (RFC 8693).
    TokenExchange,
    /// What a trusted issuer says of a person (RFC 7523, section 2.1).
    JwtBearer,
}

impl GrantType {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::Backchannel,
        Self::TokenExchange,
        Self::JwtBearer,
    ];

    /// The grant as metadata names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::Backchannel => "urn:openid:params:grant-type:ciba",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

impl FromStr for GrantType {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let found = Self::ALL.into_iter().find(|grant| grant.as_str() == text);
        found.ok_or_else(|| Unknown::word(text, "a grant that clients register for here"))
    }
}

impl ClientRegistration {
    /// Whether it authenticates by nothing that only it has.
    pub fn is_public(&self) -> bool {
        self.method == Method::None
    }

    /// Its `client_id`, of the two that a client with a document has the one it publishes.
    pub fn client_id(&self) -> String {
        match &self.source {
            Source::Document(url) => url.clone(),
            Source::Operator | Source::Itself(_) => self.agent.to_string(),
        }
    }

    /// Whether answers may go there.
    pub fn admits(&self, redirect_uri: &RedirectUri) -> bool {
        self.redirect_uris.iter().any(|registered| registered.admits(redirect_uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for method in Method::ALL {
            assert_eq!(method.to_string().parse(), Ok(method));
        }
        for grant in GrantType::ALL {
            assert_eq!(grant.as_str().parse(), Ok(grant));
        }
        assert!("client_secret_basic".parse::<Method>().is_err());
        assert!(
            "implicit".parse::<GrantType>().is_err() && "password".parse::<GrantType>().is_err()
        );
    }
}
