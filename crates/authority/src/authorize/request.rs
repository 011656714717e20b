//! An authorization request, read (RFC 6749, section 4.1.1).

use bailiwick_domain::agent::State;
use bailiwick_domain::client::GrantType;
use bailiwick_domain::redirect::RedirectUri;

use crate::authority::Authority;
use crate::authorize::extent::{self, Asked, Said};
use crate::authorize::parameters::{Parameters, Twice};
use crate::authorize::reply::{Deviation, Mode, Reply};
use crate::clients::requester::Requester;
use crate::refusal::Refusal;

/// The longest `state` and `nonce`, in bytes.
const TEXT: usize = 2_048;
/// The length of a SHA-256 in base64url: a challenge, and a thumbprint.
const DIGEST: usize = 43;

/// A request that may be shown to a person.
#[derive(Debug)]
pub(crate) struct Request {
    /// Who asks.
    pub(crate) requester: Requester,
    /// Where the answer goes.
    pub(crate) reply: Reply,
    /// What is asked for.
    pub(crate) asked: Asked,
    /// What the code's verifier hashes to (RFC 7636, section 4.3).
    pub(crate) challenge: String,
    /// The DPoP key that the code is for (RFC 9449, section 10).
    pub(crate) dpop_key: Option<String>,
    /// What an ID token is to repeat.
    pub(crate) nonce: Option<String>,
    /// How the person is to be asked.
    pub(crate) prompt: Prompt,
}

/// How the person is to be asked (`OpenID` Connect Core, section 3.1.2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// Not at all: an answer at once, or an error.
    pub(crate) none: bool,
    /// To consent, whatever they consented to before.
    pub(crate) consent: bool,
    /// How long ago they may have proven who they are, in seconds; `prompt=login` is none at all.
    pub(crate) max_age: Option<u32>,
}

/// Why a request is not shown.
#[derive(Debug)]
pub(crate) enum Unshown {
    /// The client or its redirect URI is not proven right: nobody is redirected (RFC 6749, section
    /// 4.1.2.1).
    Page(Refusal),
    /// The client is told.
    Reply(Box<Reply>, Deviation),
}

/// Reads the request of this client.
pub(crate) fn read(
    authority: &Authority,
    requester: Requester,
    parameters: &Parameters,
) -> Result<Request, Unshown> {
    let reply = reply(&requester, parameters)?;
    match read_rest(authority, &requester, parameters) {
        Ok(rest) => Ok(Request {
            requester,
            reply,
            asked: rest.asked,
            challenge: rest.challenge,
            dpop_key: rest.dpop_key,
            nonce: rest.nonce,
            prompt: rest.prompt,
        }),
        Err(deviation) => Err(Unshown::Reply(Box::new(reply), deviation)),
    }
}

struct Rest {
    asked: Asked,
    challenge: String,
    dpop_key: Option<String>,
    nonce: Option<String>,
    prompt: Prompt,
}

fn reply(requester: &Requester, parameters: &Parameters) -> Result<Reply, Unshown> {
    let shown = |why: &str| Unshown::Page(Refusal::Malformed(why.to_owned()));
    let registration = &requester.registration;
    let given = parameters.one("redirect_uri").map_err(|_| shown("redirect_uri is there twice"))?;
    let redirect_uri = match (given, registration.redirect_uris.as_slice()) {
        (Some(text), _) => {
            let uri: RedirectUri = text.parse().map_err(|_| shown("redirect_uri is none"))?;
            if !registration.admits(&uri) {
                return Err(shown("redirect_uri is not one that the client registered"));
            }
            uri
        }
        (None, [only]) => only.clone(),
        (None, _) => return Err(shown("redirect_uri is missing")),
    };
    let text = |name| parameters.one(name).ok().flatten().map(str::to_owned);
    let mode = match text("response_mode").as_deref() {
        Some("form_post") => Mode::FormPost,
        _ => Mode::Query,
    };
    let state = text("state").filter(|state| state.len() <= TEXT);
    Ok(Reply { redirect_uri, mode, state })
}

fn read_rest(
    authority: &Authority,
    requester: &Requester,
    parameters: &Parameters,
) -> Result<Rest, Deviation> {
    let one = |name| parameters.one(name).map_err(Deviation::from);
    if requester.agent.state != State::Active
        || !requester.registration.grants.contains(&GrantType::AuthorizationCode)
    {
        return Err(Deviation::new("unauthorized_client", "the client may not ask for consent"));
    }
    if one("request")?.is_some() {
        return Err(Deviation::new("request_not_supported", "push the request instead: RFC 9126"));
    }
    match one("response_type")? {
        Some("code") => {}
        Some(_) => {
            return Err(Deviation::new("unsupported_response_type", "`code` is the only one"));
        }
        None => return Err(Deviation::new("invalid_request", "response_type is missing")),
    }
    if one("response_mode")?.is_some_and(|it| !matches!(it, "query" | "form_post")) {
        let why = "response_mode is `query` or `form_post`";
        return Err(Deviation::new("invalid_request", why));
    }
    if one("state")?.is_some_and(|state| state.len() > TEXT) {
        return Err(Deviation::new("invalid_request", "state is too long"));
    }
    let nonce = one("nonce")?.map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > TEXT) {
        return Err(Deviation::new("invalid_request", "nonce is too long"));
    }
    let challenge = challenge(one("code_challenge")?, one("code_challenge_method")?)?;
    let dpop_key = one("dpop_jkt")?.map(str::to_owned);
    if dpop_key.as_deref().is_some_and(|it| !is_digest(it)) {
        return Err(Deviation::new("invalid_request", "dpop_jkt is no JWK thumbprint"));
    }
    let prompt = prompt(one("prompt")?, one("max_age")?)?;
    let said = Said {
        scope: one("scope")?,
        resources: parameters.all("resource").collect(),
        details: one("authorization_details")?,
    };
    let mut asked = extent::settle(&authority.apis, &requester.agent.scopes, &said)?;
    asked.offline &= requester.registration.grants.contains(&GrantType::RefreshToken);
    Ok(Rest { asked, challenge, dpop_key, nonce, prompt })
}

/// PKCE is for everybody, and by SHA-256 (RFC 9700, section 2.1.1): a method that is left out would
/// be `plain` (RFC 7636, section 4.3).
fn challenge(challenge: Option<&str>, method: Option<&str>) -> Result<String, Deviation> {
    let why = match (challenge, method) {
        (Some(text), Some("S256")) if is_digest(text) => return Ok(text.to_owned()),
        (Some(_), Some("S256")) => "code_challenge is no SHA-256 in base64url",
        (Some(_), _) => "code_challenge_method has to be S256",
        (None, _) => "code_challenge is missing: use PKCE (RFC 7636)",
    };
    Err(Deviation::new("invalid_request", why))
}

fn is_digest(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == DIGEST && text.bytes().all(plain)
}

fn prompt(prompt: Option<&str>, max_age: Option<&str>) -> Result<Prompt, Deviation> {
    let mut read = Prompt::default();
    if let Some(text) = max_age {
        let seconds = text.parse();
        let why = |_| Deviation::new("invalid_request", "max_age is a number of seconds");
        read.max_age = Some(seconds.map_err(why)?);
    }
    let words: Vec<&str> =
        prompt.unwrap_or_default().split(' ').filter(|it| !it.is_empty()).collect();
    for word in &words {
        match *word {
            "none" if words.len() == 1 => read.none = true,
            "login" | "select_account" => read.max_age = Some(0),
            "consent" => read.consent = true,
            _ => {
                let why = "prompt is `none`, or `login` and `consent`";
                return Err(Deviation::new("invalid_request", why));
            }
        }
    }
    Ok(read)
}

impl From<Twice> for Deviation {
    fn from(_: Twice) -> Self {
        Self::new("invalid_request", "a parameter is there twice")
    }
}

impl From<Refusal> for Unshown {
    fn from(refusal: Refusal) -> Self {
        Self::Page(refusal)
    }
}
