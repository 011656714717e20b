//! Every way the authority refuses what an operator or an agent asks, the token endpoint apart.

use bailiwick_domain::agent::Impossible;
use bailiwick_domain::approval::Undecidable;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::invite::Unusable;
use bailiwick_domain::person::Role;
use bailiwick_domain::scope::ScopeSet;

use crate::fault::Fault;

/// Why a request was refused. The list is closed; each has a stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The proof that the request carries does not hold.
    Denied(Denial),
    /// The request cannot be read, or says something that cannot be.
    Malformed(String),
    /// The admin API without an admin token.
    OperatorMissing,
    /// An admin token that is none of this installation's.
    OperatorUnknown,
    /// A broad scope without a recorded reason.
    ScopeBroad(ScopeSet),
    /// Nothing here goes by that name or identifier.
    NotFound(&'static str),
    /// No endpoint takes this method on this path.
    MethodUnknown,
    /// The name, or one that looks like it, belongs to somebody already, also when that one is
    /// retired; says whose. For operators only.
    NameTaken(String),
    /// The key belongs to an agent already, also when it was revoked; says to which. For operators
    /// only.
    KeyRegistered(String),
    /// Whoever wants to come in cannot have the name or the key: which, and why, is not told.
    IdentityTaken,
    /// The project takes nobody without an invite.
    InviteNeeded,
    /// The agent cannot move into that state.
    StateImpossible(String),
    /// The agent holds as many active keys as it may.
    KeysTooMany,
    /// The key is one that the key which signed does not revoke; says why.
    KeyKept(&'static str),
    /// No such invite, which is not told; or why one cannot be used, which whoever has its code was
    /// given it to know.
    InviteUnusable(Option<Unusable>),
    /// A form that was sent from another site, or by a program that does not say from where.
    CrossSite,
    /// A form that was not shown in this sign-in.
    FormStale,
    /// Signing in did not come to its end; says at what.
    SignInFailed(&'static str),
    /// No such link, or one that was used or is over: which, is not told.
    WelcomeUnusable,
    /// The person may not sign in here: not at all, or not any more; which, is not told.
    PersonRefused,
    /// Whoever asks may not do this: the least role that may, if any may.
    RoleMissing(Option<Role>),
    /// What is asked for is dangerous, and the person has not proved who they are just now.
    ReauthenticationNeeded,
    /// The approval cannot be decided by whoever asks, or not any more.
    Undecidable(Undecidable),
    /// Something the answer needs does not answer.
    Unavailable,
}

impl Refusal {
    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.code(),
            Self::Malformed(_) => "request_malformed",
            Self::OperatorMissing => "credential_missing",
            Self::OperatorUnknown => "credential_unknown",
            Self::ScopeBroad(_) => "scope_broad",
            Self::NotFound(_) => "not_found",
            Self::MethodUnknown => "method_unknown",
            Self::NameTaken(_) => "name_taken",
            Self::KeyRegistered(_) => "key_registered",
            Self::IdentityTaken => "identity_taken",
            Self::InviteNeeded => "invite_needed",
            Self::StateImpossible(_) => "state_impossible",
            Self::KeysTooMany => "keys_too_many",
            Self::KeyKept(_) => "key_kept",
            Self::InviteUnusable(_) => "invite_unusable",
            Self::CrossSite => "request_cross_site",
            Self::FormStale => "form_stale",
            Self::SignInFailed(_) => "sign_in_failed",
            Self::PersonRefused => "person_refused",
            Self::WelcomeUnusable => "welcome_unusable",
            Self::RoleMissing(_) => "role_missing",
            Self::ReauthenticationNeeded => "reauthentication_needed",
            Self::Undecidable(Undecidable::Involved) => "approver_involved",
            Self::Undecidable(Undecidable::Twice) => "approver_repeated",
            Self::Undecidable(Undecidable::Closed(_)) => "approval_closed",
            Self::Unavailable => "unavailable",
        }
    }

    /// What happened, in one sentence.
    pub(crate) const fn title(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.title(),
            Self::Malformed(_) => "The request is malformed.",
            Self::OperatorMissing => "The request carries no admin token.",
            Self::OperatorUnknown => "The admin token is not one that is known here.",
            Self::ScopeBroad(_) => "A broad scope needs a reason.",
            Self::NotFound(_) => "There is no such thing here.",
            Self::MethodUnknown => "The path does not take this method.",
            Self::NameTaken(_) => "The name is taken.",
            Self::KeyRegistered(_) => "The key is registered already.",
            Self::IdentityTaken => "The name or the key cannot be had.",
            Self::InviteNeeded => "The project takes agents by invite only.",
            Self::StateImpossible(_) => "The agent cannot change its state so.",
            Self::KeysTooMany => "The agent has too many keys.",
            Self::KeyKept(_) => "The key is not revoked by this one.",
            Self::InviteUnusable(_) => "The invite cannot be used.",
            Self::CrossSite => "The form was sent from another site.",
            Self::FormStale => "The form does not belong to this sign-in.",
            Self::SignInFailed(_) => "You are not signed in.",
            Self::PersonRefused => "You cannot sign in here.",
            Self::WelcomeUnusable => "The link cannot be used.",
            Self::RoleMissing(_) => "This needs another role.",
            Self::ReauthenticationNeeded => "This needs you to have signed in just now.",
            Self::Undecidable(_) => "You cannot decide about this.",
            Self::Unavailable => "The authority cannot decide right now.",
        }
    }

    /// What exactly was wrong, where more is known than the title says.
    pub(crate) fn detail(&self) -> Option<String> {
        match self {
            Self::Denied(Denial::RateLimited(it)) => {
                let (quota, window) = (it.quota, it.window_seconds);
                Some(format!("the {} limit is {quota} in {window} s", it.policy))
            }
            Self::Denied(denial) => denial.detail().map(str::to_owned),
            Self::Malformed(detail)
            | Self::StateImpossible(detail)
            | Self::NameTaken(detail)
            | Self::KeyRegistered(detail) => Some(detail.clone()),
            Self::ScopeBroad(scopes) => Some(format!("broad: {scopes}")),
            Self::SignInFailed(why) | Self::KeyKept(why) => Some((*why).to_owned()),
            Self::InviteUnusable(why) => why.map(|why| why.to_string()),
            Self::RoleMissing(Some(role)) => Some(format!("the least role that may is {role}")),
            Self::NotFound(what) => Some(format!("no such {what}")),
            Self::Undecidable(why) => Some(why.to_string()),
            Self::OperatorMissing
            | Self::OperatorUnknown
            | Self::MethodUnknown
            | Self::IdentityTaken
            | Self::InviteNeeded
            | Self::KeysTooMany
            | Self::CrossSite
            | Self::FormStale
            | Self::PersonRefused
            | Self::WelcomeUnusable
            | Self::RoleMissing(None)
            | Self::ReauthenticationNeeded
            | Self::Unavailable => None,
        }
    }

    /// How to do better, where the caller can.
    pub(crate) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Denied(denial) => denial.hint(),
            Self::OperatorMissing => Some("send `Authorization: Bearer bwa_…`"),
            Self::OperatorUnknown => Some("use the admin token that `bailiwick init` printed"),
            Self::ScopeBroad(_) => {
                Some("name narrower scopes, or say why with `broad_because`; it is recorded")
            }
            Self::MethodUnknown | Self::NotFound(_) => Some("/api/openapi.json lists what is here"),
            Self::NameTaken(_) => {
                Some("names stay taken after an agent is retired; choose one that looks different")
            }
            Self::KeyRegistered(_) => Some("make a new key pair; no two agents share one"),
            Self::IdentityTaken => Some("choose another name and make a new key pair"),
            Self::InviteNeeded => Some("ask an operator for an invite, and register with it"),
            Self::KeysTooMany => Some("revoke a key that is not used any more"),
            Self::KeyKept(_) => Some("ask an operator to revoke it"),
            Self::InviteUnusable(Some(Unusable::Expired)) => {
                Some("ask an operator for a new invite, and use it before it expires")
            }
            Self::InviteUnusable(Some(Unusable::UsedUp)) => {
                Some("ask an operator for a new invite, one for each agent or with more uses")
            }
            Self::InviteUnusable(_) => Some("ask an operator for a new invite"),
            Self::CrossSite | Self::FormStale => {
                Some("go back, load the page again and send the form from there")
            }
            Self::SignInFailed(_) => Some("begin again at /sign-in"),
            Self::WelcomeUnusable => Some("ask whoever sent it to you for a new one"),
            Self::PersonRefused => Some("ask whoever runs this installation to let you in"),
            Self::RoleMissing(_) => Some("ask an admin for it, or ask somebody who has it"),
            Self::ReauthenticationNeeded => Some("sign in again at /sign-in?again=1"),
            Self::Unavailable => Some("try again and back off"),
            Self::Malformed(_) | Self::StateImpossible(_) | Self::Undecidable(_) => None,
        }
    }

    /// Whether the same request, signed again, may succeed later with nothing else changed.
    pub(crate) const fn retryable(&self) -> bool {
        match self {
            Self::Denied(denial) => denial.retryable(),
            Self::Unavailable => true,
            _ => false,
        }
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<Impossible> for Refusal {
    fn from(why: Impossible) -> Self {
        Self::StateImpossible(why.to_string())
    }
}

impl From<Undecidable> for Refusal {
    fn from(why: Undecidable) -> Self {
        Self::Undecidable(why)
    }
}

/// A fault is logged with its source; the caller learns no more than that there was one.
impl<F: Into<Fault>> From<F> for Refusal {
    fn from(fault: F) -> Self {
        fault.into().log();
        Self::Unavailable
    }
}
