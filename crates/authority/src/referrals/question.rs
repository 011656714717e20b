//! Asking a person on their own device, through the provider where they sign in (CIBA Core 1.0, in
//! poll mode). The provider says who answered, in an ID token; a yes by anybody else is none.

use bailiwick_domain::approval::{Approval, PENDING_SECONDS};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::person::Person;
use bailiwick_domain::ruling::{Channel, Decider, Ruling, Verdict};
use bailiwick_fetch::{Provider, Question, Redeemed, Reply};
use bailiwick_proof::jwt::IdExpectation;
use bailiwick_store::referrals::Referral;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::approvals;
use crate::people::way::Way;
use crate::referrals::next::Next;
use crate::refusal::Refusal;

/// By how much longer to wait when it was asked for too often, in seconds (CIBA Core 1.0, section
/// 11), and the longest wait.
const SLOWER_SECONDS: u32 = 5;
const LONGEST_SECONDS: u32 = 60;
/// How much of a name is repeated on a device, in characters.
const NAMED: usize = 40;
/// How many characters of an approval's id are there to tell it from another.
const TOLD_APART: usize = 6;

/// Asks, or looks what has become of it.
pub(super) async fn look(
    authority: &Authority,
    way: &Way,
    referral: &mut Referral,
    approval: &Approval,
) -> Result<Next, Fault> {
    let Some(person) = person(authority, referral).await? else { return Ok(Next::Done) };
    let provider = match authority.outside.providers.describe(&way.issuer).await {
        Ok(provider) => provider,
        Err(missing) => return Ok(Next::Again(missing.to_string())),
    };
    match referral.question.clone() {
        None => ask(authority, (way, &provider), referral, (approval, &person)).await,
        Some(sealed) => {
            let question = authority.sealer.open(&sealed, &purpose(referral))?;
            let question =
                std::str::from_utf8(&question).map_err(|_| Fault::Corrupt("a question"))?;
            let name = way.client();
            let reply = authority.outside.providers.reply(&provider, name, question).await;
            let reply = match reply {
                Ok(reply) => reply,
                Err(missing) => return Ok(Next::Again(missing.to_string())),
            };
            take(authority, (way, &provider), referral, (reply, &person)).await
        }
    }
}

async fn person(authority: &Authority, referral: &Referral) -> Result<Option<Person>, Fault> {
    let Some(id) = referral.person else { return Ok(None) };
    let found = authority.store.read().await?.people().find(id).await?;
    Ok(found.filter(Person::decides))
}

async fn ask(
    authority: &Authority,
    (way, provider): (&Way, &Provider),
    referral: &mut Referral,
    (approval, person): (&Approval, &Person),
) -> Result<Next, Fault> {
    let Some(email) = &person.email else { return Ok(Next::Done) };
    let left = approval.expires_at.millis_since(authority.now()) / 1_000;
    let requested_expiry = u32::try_from(left.clamp(1, PENDING_SECONDS)).unwrap_or(1);
    let [message, told_apart] = binding_messages(approval);
    let question = Question {
        scopes: &way.scopes,
        login_hint: email,
        binding_messages: [&message, &told_apart],
        requested_expiry,
    };
    let taken = match authority.outside.providers.ask(provider, way.client(), question).await {
        Ok(taken) => taken,
        Err(missing) => return Ok(Next::Again(missing.to_string())),
    };
    let sealed =
        authority.sealer.seal(taken.name.as_bytes(), &purpose(referral), &authority.entropy)?;
    referral.question = Some(sealed);
    referral.interval_seconds = taken.interval_seconds;
    Ok(Next::After(taken.interval_seconds))
}

/// What a person reads on their device, in one plain line: who wants to do what, and what tells
/// this request from another on the page; or the latter alone (CIBA Core 1.0, section 7.1: short,
/// and of few characters).
fn binding_messages(approval: &Approval) -> [String; 2] {
    let plain = |text: &str| -> String {
        let spaced = text.chars().map(|it| if it.is_ascii_graphic() { it } else { ' ' });
        spaced.take(NAMED).collect()
    };
    let id = approval.id.to_string();
    let told_apart = id.get(id.len().saturating_sub(TOLD_APART)..).unwrap_or(&id);
    let (agent, operation) = (plain(&approval.told.agent), plain(&approval.bound.operation));
    [format!("{agent}: {operation} ({told_apart})"), told_apart.to_owned()]
}

async fn take(
    authority: &Authority,
    (way, provider): (&Way, &Provider),
    referral: &mut Referral,
    (reply, person): (Reply, &Person),
) -> Result<Next, Fault> {
    let verdict = match reply {
        Reply::Pending => return Ok(Next::After(referral.interval_seconds)),
        Reply::Sooner => {
            let slower = referral.interval_seconds.saturating_add(SLOWER_SECONDS);
            referral.interval_seconds = slower.min(LONGEST_SECONDS);
            return Ok(Next::After(referral.interval_seconds));
        }
        Reply::Over(why) => {
            tracing::info!(approval = %referral.approval, why, "a question has no answer");
            return Ok(Next::Done);
        }
        Reply::Refused => Verdict::Deny,
        Reply::Agreed(redeemed) => {
            if let Err(denial) = check(authority, (way, provider), &redeemed, person).await {
                if denial == Denial::Unavailable {
                    return Ok(Next::Again("its keys cannot be had".to_owned()));
                }
                let approval = referral.approval;
                tracing::warn!(%approval, ?denial, "what a provider says of a yes does not hold");
                return Ok(Next::Done);
            }
            Verdict::Approve
        }
    };
    decide(authority, referral, person, verdict).await
}

/// The yes is this person's, said to this authority.
async fn check(
    authority: &Authority,
    (way, provider): (&Way, &Provider),
    redeemed: &Redeemed,
    person: &Person,
) -> Result<(), Denial> {
    let expected = IdExpectation {
        issuer: &way.issuer,
        client_id: &way.client_id,
        nonce: None,
        access_token: redeemed.access_token.as_deref(),
        now: authority.now(),
        skew_seconds: authority.settings.window.skew_seconds,
    };
    let providers = &authority.outside.providers;
    let token = providers.id_token(provider, &redeemed.id_token, &expected).await?;
    if token.subject() != person.subject || !way.admits.admits(&token) {
        return Err(Denial::TokenInvalid("it is about somebody else"));
    }
    Ok(())
}

async fn decide(
    authority: &Authority,
    referral: &Referral,
    person: &Person,
    verdict: Verdict,
) -> Result<Next, Fault> {
    let reason = (verdict == Verdict::Deny).then(|| "refused on their device".to_owned());
    let ruling = Ruling { verdict, reason, channel: Channel::Ciba };
    let id = referral.approval.to_string();
    match approvals::decide(authority, &id, &Decider::from(person), ruling).await {
        Err(Refusal::Unavailable) => Ok(Next::Again("the store does not answer".to_owned())),
        Err(refusal) => {
            tracing::info!(approval = id, ?refusal, "a decision came too late, or was not theirs");
            Ok(Next::Done)
        }
        Ok(_) => Ok(Next::Done),
    }
}

fn purpose(referral: &Referral) -> String {
    let person = referral.person.map(|it| it.to_string()).unwrap_or_default();
    format!("referral:{}:{}:{person}", referral.approval, referral.way)
}
