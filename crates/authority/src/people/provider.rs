//! Signing in at an `OpenID` provider: the question, and what is made of the answer (OpenID Connect
//! Core, section 3.1, with PKCE, RFC 7636, and `iss` in the answer, RFC 9207).

use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::{KeyId, PersonId};
use bailiwick_domain::person::{Person, Standing};
use bailiwick_domain::time::Timestamp;
use bailiwick_fetch::{Provider, Unfetched, form};
use bailiwick_proof::jwt::{IdExpectation, IdToken};
use bailiwick_store::Tx;
use bailiwick_store::fast::Nonce;
use http::{HeaderMap, HeaderValue};

use crate::authority::Authority;
use crate::people::attempt::{ATTEMPT_SECONDS, Begun};
use crate::people::session;
use crate::people::way::Way;
use crate::refusal::Refusal;

/// How old a sign-in at the provider may be that is taken here, in seconds.
const LONGEST_SIGN_IN: &str = "43200";
/// The longest `code` and `iss` that an answer may carry, in bytes.
const LONGEST: usize = 4_096;
/// The longest name that is kept of a person, in characters.
const LONGEST_NAME: usize = 200;

/// What a provider answered, through the person's browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    /// `code`.
    pub(crate) code: Option<&'a str>,
    /// `state`.
    pub(crate) state: Option<&'a str>,
    /// `iss`.
    pub(crate) issuer: Option<&'a str>,
}

/// The way of this name.
pub(crate) fn find<'a>(authority: &'a Authority, name: &str) -> Result<&'a Way, Refusal> {
    let mut ways = authority.settings.sign_in.iter();
    ways.find(|way| way.name == name).ok_or(Refusal::NotFound("way to sign in"))
}

/// Where the browser that begins this attempt is sent.
pub(crate) async fn question(
    authority: &Authority,
    way: &Way,
    begun: &Begun,
) -> Result<String, Refusal> {
    let provider = describe(authority, way).await?;
    let scope = std::iter::once("openid").chain(way.scopes.iter().map(String::as_str));
    let scope = scope.collect::<Vec<_>>().join(" ");
    let (state, nonce, challenge) = (begun.state(), begun.nonce(), begun.challenge());
    let redirect_uri = redirect_uri(authority, way);
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", way.client_id.as_str()),
        ("redirect_uri", &redirect_uri),
        ("scope", &scope),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    // Both make the provider say when the person proved themselves (OpenID Connect Core, 3.1.2.1).
    if begun.attempt.again {
        pairs.extend([("prompt", "login"), ("max_age", "0")]);
    } else {
        pairs.push(("max_age", LONGEST_SIGN_IN));
    }
    let endpoint = provider.authorization_endpoint.to_string();
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    Ok(format!("{endpoint}{joint}{}", form::encode(pairs)))
}

/// Signs the person in whom the answer is about: `Set-Cookie` for their browser.
pub(crate) async fn complete(
    authority: &Authority,
    headers: &HeaderMap,
    way: &Way,
    begun: &Begun,
    answer: Answer<'_>,
) -> Result<HeaderValue, Refusal> {
    let provider = describe(authority, way).await?;
    check_answer(authority, way, begun, &provider, answer)?;
    let code = answer.code.filter(|code| !code.is_empty() && code.len() <= LONGEST);
    let code = code.ok_or(failed("the provider did not sign you in"))?;
    spend(authority, begun).await?;
    let token = redeem(authority, way, begun, &provider, code).await?;
    let authenticated_at = check_recency(authority, begun, &token)?;
    if !way.admits.admits(&token) {
        tracing::info!(way = %way.name, "a person of a provider is not admitted");
        return Err(Refusal::PersonRefused);
    }
    let mut tx = authority.store.begin().await?;
    let person = find_or_add(authority, &mut tx, &way.issuer, &token).await?;
    let cookie = session::begin(authority, &mut tx, headers, person, authenticated_at).await?;
    tx.save().await?;
    Ok(cookie)
}

/// Holds the answer against the question, before the provider is asked for anything: `state`
/// against forged answers (RFC 6749, section 10.12), `iss` against another provider's (RFC 9207,
/// section 2.4).
fn check_answer(
    authority: &Authority,
    way: &Way,
    begun: &Begun,
    provider: &Provider,
    answer: Answer<'_>,
) -> Result<(), Refusal> {
    let own = begun.attempt.way == way.name
        && begun.attempt.is_open(authority.now())
        && answer.state.is_some_and(|state| begun.knows(state));
    if !own {
        return Err(failed("the answer is to no question of this browser, or came too late"));
    }
    match answer.issuer {
        Some(issuer) if issuer != way.issuer => Err(failed("the answer is of another provider")),
        None if provider.names_itself => Err(failed("the answer does not say whose it is")),
        _ => Ok(()),
    }
}

/// An answer counts once, whatever the provider thinks of its code.
async fn spend(authority: &Authority, begun: &Begun) -> Result<(), Refusal> {
    let nonce = Nonce {
        key: KeyId::from_bits(0),
        text: &begun.state(),
        created_at: begun.attempt.began_at,
        until: begun.attempt.began_at.plus_seconds(ATTEMPT_SECONDS),
    };
    let first = authority.fast.spend_nonce(&nonce, authority.now()).await?;
    if first { Ok(()) } else { Err(failed("the answer was used already")) }
}

async fn redeem(
    authority: &Authority,
    way: &Way,
    begun: &Begun,
    provider: &Provider,
    code: &str,
) -> Result<IdToken, Refusal> {
    let providers = &authority.outside.providers;
    let (redirect_uri, verifier) = (redirect_uri(authority, way), begun.verifier());
    let redeemed = providers.redeem(provider, way.client(), [code, &redirect_uri, &verifier]).await;
    let redeemed = redeemed.map_err(|missing| unasked(way, &missing))?;
    let expected = IdExpectation {
        issuer: &way.issuer,
        client_id: &way.client_id,
        nonce: Some(&begun.nonce()),
        access_token: redeemed.access_token.as_deref(),
        now: authority.now(),
        skew_seconds: authority.settings.window.skew_seconds,
    };
    let token = providers.id_token(provider, &redeemed.id_token, &expected).await;
    token.map_err(|denial| match denial {
        Denial::Unavailable => Refusal::Unavailable,
        denial => {
            tracing::warn!(way = %way.name, ?denial, "the ID token of a provider is refused");
            failed("what the provider says of you does not hold")
        }
    })
}

/// When the person proved themselves. A provider that does not say is believed about who they are,
/// and never that they were asked just now.
fn check_recency(
    authority: &Authority,
    begun: &Begun,
    token: &IdToken,
) -> Result<Timestamp, Refusal> {
    let skew = i64::from(authority.settings.window.skew_seconds);
    let proven = token.authenticated_at();
    let earliest = begun.attempt.began_at.plus_seconds(-skew);
    if begun.attempt.again && proven.is_none_or(|at| at < earliest) {
        return Err(failed("the provider does not say that you signed in just now"));
    }
    Ok(proven.unwrap_or_default().min(authority.now()))
}

/// The person whom the issuer calls so; of a new one, a new row. What they are called follows the
/// issuer.
async fn find_or_add(
    authority: &Authority,
    tx: &mut Tx,
    issuer: &str,
    token: &IdToken,
) -> Result<PersonId, Refusal> {
    let email = token.email().map(str::to_owned);
    let name = name_of(token);
    let Some(found) = tx.people().find_subject(issuer, token.subject()).await? else {
        let now = authority.now();
        let person = Person {
            id: PersonId::fresh(now, &authority.entropy),
            issuer: issuer.to_owned(),
            subject: token.subject().to_owned(),
            name,
            email,
            role: None,
            state: Standing::Active,
            created_at: now,
        };
        tx.people().insert(&person).await?;
        return Ok(person.id);
    };
    if found.state == Standing::Blocked {
        return Err(Refusal::PersonRefused);
    }
    let id = found.id;
    let known = Person { name, email, ..found.clone() };
    if known != found {
        tx.people().update(&known).await?;
    }
    Ok(id)
}

fn name_of(token: &IdToken) -> String {
    let named = ["name", "preferred_username"].into_iter().filter_map(|claim| token.text(claim));
    let plain = |text: &str| -> String {
        text.chars().filter(|it| !it.is_control()).take(LONGEST_NAME).collect()
    };
    let mut names = named.chain(token.email()).map(plain).filter(|name| !name.trim().is_empty());
    names.next().unwrap_or_else(|| plain(token.subject()))
}

async fn describe(authority: &Authority, way: &Way) -> Result<Arc<Provider>, Refusal> {
    let described = authority.outside.providers.describe(&way.issuer).await;
    described.map_err(|missing| unasked(way, &missing))
}

fn unasked(way: &Way, missing: &Unfetched) -> Refusal {
    tracing::warn!(way = %way.name, %missing, "a provider does not do what is asked of it");
    match missing {
        Unfetched::Status(400..500) => failed("the provider does not take the answer as its own"),
        _ => Refusal::Unavailable,
    }
}

/// Every way has its own, so that an answer that was meant for one never counts for another
/// (RFC 9700, section 4.4.2.2).
fn redirect_uri(authority: &Authority, way: &Way) -> String {
    format!("{}/sign-in/with/{}/callback", authority.settings.issuer, way.name)
}

const fn failed(why: &'static str) -> Refusal {
    Refusal::SignInFailed(why)
}
