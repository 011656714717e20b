//! Every way a request is refused. The list is closed; each has a stable code, a sentence, and a
//! hint that says how to do better.

mod carried;

use std::sync::Arc;

pub use carried::{Exhausted, Waiting};

use crate::credential::Strength;
use crate::scope::ScopeSet;

/// Why a request was refused. Codes are those of the product's interface and never change meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// The request's head or target is not one this gateway forwards.
    RequestMalformed(&'static str),
    /// A credential is there but cannot be read.
    CredentialMalformed(&'static str),
    /// More than one way of identifying.
    CredentialConflict(&'static str),
    /// No way of identifying.
    CredentialMissing,
    /// No such key, or a scheme that is not accepted.
    CredentialUnknown,
    /// The key's time is over.
    CredentialExpired,
    /// The key was revoked.
    CredentialRevoked,
    /// The token does not verify.
    TokenInvalid(&'static str),
    /// The token's time is over.
    TokenExpired,
    /// The token is for another API.
    TokenAudience,
    /// The token was taken back before its time was over.
    TokenRevoked,
    /// The token is bound to a key and came without that key's signature.
    ProofMissing,
    /// The API asks for more than this credential proves.
    ProofTooWeak {
        /// What the API asks for.
        required: Strength,
    },
    /// The signature does not verify.
    SignatureInvalid,
    /// `expires` has passed.
    SignatureExpired,
    /// `created` is in the future.
    SignatureNotYetValid,
    /// `created` or `expires` is missing, or they lie further apart than allowed.
    SignatureWindow,
    /// The signature leaves out something it must cover.
    SignatureCoverage {
        /// The first component that is missing.
        missing: &'static str,
    },
    /// No nonce, or one that is too short or too long.
    NonceMissing,
    /// The nonce was used before.
    NonceReplayed,
    /// A body without a `Content-Digest` this product can check.
    DigestMissing,
    /// The body is not the one that was signed.
    DigestMismatch,
    /// `X-Agent-ID`, or the token, names another agent than the proof.
    AgentMismatch,
    /// The agent asked to come in, and no operator has approved it yet.
    AgentPending,
    /// The agent is suspended.
    AgentSuspended,
    /// The agent is retired.
    AgentRetired,
    /// The agent may not call from this address.
    NetworkForbidden,
    /// What was granted does not fit the token, or does not reach as far as the request.
    DelegationInvalid(&'static str),
    /// More delegations lie between the agent and whose authority it is than are let through.
    DelegationTooDeep,
    /// Somebody on the way from whose authority it is to the agent has ended what was granted.
    DelegationRevoked,
    /// The task that the token is for is over.
    TaskClosed,
    /// Nothing described matches this method and path.
    OperationUnknown,
    /// The agent does not hold what the operation asks for.
    ScopeMissing {
        /// What it would have to hold in addition.
        missing: ScopeSet,
    },
    /// The request does not fit what the operation describes.
    ContractViolated {
        /// Where, as a JSON pointer: `/body/amount`, `/query/limit`.
        pointer: String,
        /// Why, in a few words; what was sent is not repeated.
        reason: String,
    },
    /// Header fields and message of an MCP request do not say the same.
    McpHeaderMismatch(&'static str),
    /// The policies do not allow it.
    PolicyDenied {
        /// The policies that forbid it and say why, by name.
        policies: Vec<Arc<str>>,
        /// What the first of them says.
        reason: Option<Arc<str>>,
    },
    /// The policies could not be asked, or one of them failed.
    PolicyError,
    /// Something about it could be said only by a gateway through which it passes, and this one
    /// stands beside another proxy.
    NotInLine(&'static str),
    /// The body is larger than the gateway takes.
    BodyTooLarge {
        /// The most it takes.
        limit_bytes: u64,
    },
    /// Too many requests.
    RateLimited(Exhausted),
    /// What was granted may be used so often, and has been.
    BudgetExhausted(&'static str),
    /// People decide about it first; it is to be sent again once they have.
    ApprovalPending(Box<Waiting>),
    /// Somebody decided that it may not be.
    ApprovalDenied {
        /// Why.
        reason: String,
    },
    /// What was approved is not this.
    ApprovalMismatch(&'static str),
    /// The upstream could not be reached or broke off.
    UpstreamFailed,
    /// The upstream took too long.
    UpstreamTimeout,
    /// Something the decision needs does not answer.
    Unavailable,
}

impl Denial {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RequestMalformed(_) => "request_malformed",
            Self::CredentialMalformed(_) => "credential_malformed",
            Self::CredentialConflict(_) => "credential_conflict",
            Self::CredentialMissing => "credential_missing",
            Self::CredentialUnknown => "credential_unknown",
            Self::CredentialExpired => "credential_expired",
            Self::CredentialRevoked => "credential_revoked",
            Self::TokenInvalid(_) => "token_invalid",
            Self::TokenExpired => "token_expired",
            Self::TokenAudience => "token_audience",
            Self::TokenRevoked => "token_revoked",
            Self::ProofMissing => "proof_missing",
            Self::ProofTooWeak { .. } => "proof_too_weak",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureExpired => "signature_expired",
            Self::SignatureNotYetValid => "signature_not_yet_valid",
            Self::SignatureWindow => "signature_window",
            Self::SignatureCoverage { .. } => "signature_coverage",
            Self::NonceMissing => "nonce_missing",
            Self::NonceReplayed => "nonce_replayed",
            Self::DigestMissing => "digest_missing",
            Self::DigestMismatch => "digest_mismatch",
            Self::AgentMismatch => "agent_mismatch",
            Self::AgentPending => "agent_pending",
            Self::AgentSuspended => "agent_suspended",
            Self::AgentRetired => "agent_retired",
            Self::NetworkForbidden => "network_forbidden",
            Self::DelegationInvalid(_) => "delegation_invalid",
            Self::DelegationTooDeep => "delegation_too_deep",
            Self::DelegationRevoked => "delegation_revoked",
            Self::TaskClosed => "task_closed",
            Self::OperationUnknown => "operation_unknown",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::ContractViolated { .. } => "contract_violated",
            Self::McpHeaderMismatch(_) => "mcp_header_mismatch",
            Self::PolicyDenied { .. } => "policy_denied",
            Self::PolicyError => "policy_error",
            Self::NotInLine(_) => "not_in_line",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::RateLimited(_) => "rate_limited",
            Self::BudgetExhausted(_) => "budget_exhausted",
            Self::ApprovalPending(_) => "approval_pending",
            Self::ApprovalDenied { .. } => "approval_denied",
            Self::ApprovalMismatch(_) => "approval_mismatch",
            Self::UpstreamFailed => "upstream_failed",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::Unavailable => "unavailable",
        }
    }

    /// What happened, in one sentence.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::RequestMalformed(_) => "The request is malformed.",
            Self::CredentialMalformed(_) => "The credential cannot be read.",
            Self::CredentialConflict(_) => "The request identifies itself in more than one way.",
            Self::CredentialMissing => "The request carries no credential.",
            Self::CredentialUnknown => "The credential is not one that is known here.",
            Self::CredentialExpired => "The key has expired.",
            Self::CredentialRevoked => "The key was revoked.",
            Self::TokenInvalid(_) => "The access token does not verify.",
            Self::TokenExpired => "The access token has expired.",
            Self::TokenAudience => "The access token is for another API.",
            Self::TokenRevoked => "The access token was revoked.",
            Self::ProofMissing => "The access token is bound to a key that did not sign.",
            Self::ProofTooWeak { .. } => "The API asks for a stronger proof.",
            Self::SignatureInvalid => "The signature does not verify.",
            Self::SignatureExpired => "The signature has expired.",
            Self::SignatureNotYetValid => "The signature is dated in the future.",
            Self::SignatureWindow => "The signature is valid for too long, or without end.",
            Self::SignatureCoverage { .. } => "The signature leaves out a required part.",
            Self::NonceMissing => "The signature has no usable nonce.",
            Self::NonceReplayed => "The signature was used before.",
            Self::DigestMissing => "The body has no digest that can be checked.",
            Self::DigestMismatch => "The body is not the one that was signed.",
            Self::AgentMismatch => "The request names another agent than its proof does.",
            Self::AgentPending => "The agent is not approved yet.",
            Self::AgentSuspended => "The agent is suspended.",
            Self::AgentRetired => "The agent is retired.",
            Self::NetworkForbidden => "The agent may not call from this address.",
            Self::DelegationInvalid(_) => "What was granted does not allow this request.",
            Self::DelegationTooDeep => "The authority was passed on too often.",
            Self::DelegationRevoked => "What was granted has ended.",
            Self::TaskClosed => "The task is over.",
            Self::OperationUnknown => "No operation is described for this method and path.",
            Self::ScopeMissing { .. } => "The agent lacks a scope.",
            Self::ContractViolated { .. } => "The request does not fit the operation.",
            Self::McpHeaderMismatch(_) => "The header fields and the message do not agree.",
            Self::PolicyDenied { .. } => "The policies do not allow this request.",
            Self::PolicyError => "The policies could not decide this request.",
            Self::NotInLine(_) => "The gateway cannot vouch for what does not pass through it.",
            Self::BodyTooLarge { .. } => "The body is too large.",
            Self::RateLimited(_) => "Too many requests.",
            Self::BudgetExhausted(_) => "The budget is used up.",
            Self::ApprovalPending(_) => "People decide about the request first.",
            Self::ApprovalDenied { .. } => "Somebody decided against the request.",
            Self::ApprovalMismatch(_) => "The request is not the one that was approved.",
            Self::UpstreamFailed => "The API behind the gateway failed.",
            Self::UpstreamTimeout => "The API behind the gateway took too long.",
            Self::Unavailable => "The gateway cannot decide right now.",
        }
    }

    /// What exactly was wrong, where more is known than the title says.
    pub const fn detail(&self) -> Option<&'static str> {
        match self {
            Self::RequestMalformed(detail)
            | Self::CredentialMalformed(detail)
            | Self::CredentialConflict(detail)
            | Self::TokenInvalid(detail)
            | Self::DelegationInvalid(detail)
            | Self::BudgetExhausted(detail)
            | Self::McpHeaderMismatch(detail)
            | Self::ApprovalMismatch(detail)
            | Self::NotInLine(detail)
            | Self::SignatureCoverage { missing: detail } => Some(detail),
            _ => None,
        }
    }

    /// How to do better, where the caller can.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::CredentialMissing => Some(
                "sign the request (RFC 9421) with the agent's key; Accept-Signature says over what",
            ),
            Self::CredentialConflict(_) => Some("send one signature and at most one token"),
            Self::CredentialUnknown => {
                Some("check the key id with `bailiwick key list AGENT`; it may belong elsewhere")
            }
            Self::CredentialExpired | Self::CredentialRevoked => {
                Some("register a new key for the agent")
            }
            Self::TokenInvalid(_) | Self::TokenExpired => Some("get a new token from the issuer"),
            Self::TokenAudience => Some("ask the issuer for a token with this API as `resource`"),
            Self::TokenRevoked => Some("get a new token, if whoever took this one back agrees"),
            Self::ProofMissing => {
                Some("show what the token is bound to: a signature, a DPoP proof or a certificate")
            }
            Self::ProofTooWeak { .. } => Some("sign the request with the agent's own key"),
            Self::SignatureInvalid => {
                Some("sign the request exactly as it is sent, with the key that keyid names")
            }
            Self::SignatureExpired | Self::SignatureNotYetValid => {
                Some("check the clock against this answer's Date, and sign again")
            }
            Self::SignatureWindow => Some("set created to now and expires at most 60 s later"),
            Self::SignatureCoverage { .. } => Some("cover every component in Accept-Signature"),
            Self::NonceMissing => Some("add a nonce of 16 to 128 random characters"),
            Self::NonceReplayed => Some("sign again with a new nonce"),
            Self::DigestMissing => Some("add Content-Digest with sha-256 or sha-512 and cover it"),
            Self::DigestMismatch => Some("compute Content-Digest over the bytes that are sent"),
            Self::AgentMismatch => Some("leave X-Agent-ID out, or name the agent whose key signs"),
            Self::AgentPending => {
                Some("wait until an operator approves it; `GET /api/agents/me` tells its state")
            }
            Self::AgentSuspended => Some("ask the agent's owner; an operator can resume it"),
            Self::NetworkForbidden => Some("call from a network in the agent's list"),
            Self::DelegationInvalid(_) => Some(
                "stay within what was granted: `detail` says what is not; ask whoever granted it \
                 for more",
            ),
            Self::DelegationTooDeep => {
                Some("ask an agent nearer to the beginning, or let it act itself")
            }
            Self::DelegationRevoked => Some("ask whoever granted it to grant it again"),
            Self::TaskClosed => Some("open another task"),
            Self::OperationUnknown
            | Self::ScopeMissing { .. }
            | Self::ContractViolated { .. }
            | Self::McpHeaderMismatch(_)
            | Self::PolicyDenied { .. }
            | Self::PolicyError
            | Self::RateLimited(_)
            | Self::BudgetExhausted(_)
            | Self::ApprovalPending(_)
            | Self::ApprovalDenied { .. }
            | Self::ApprovalMismatch(_)
            | Self::NotInLine(_)
            | Self::UpstreamFailed
            | Self::UpstreamTimeout
            | Self::Unavailable => self.hint_of_what_was_asked(),
            Self::RequestMalformed(_)
            | Self::CredentialMalformed(_)
            | Self::AgentRetired
            | Self::BodyTooLarge { .. } => None,
        }
    }

    /// The hint where it is known who asks, and what they ask for is refused.
    const fn hint_of_what_was_asked(&self) -> Option<&'static str> {
        match self {
            Self::OperationUnknown => {
                Some("check method and path; an API owner has to describe an operation first")
            }
            Self::ScopeMissing { .. } => Some("ask the agent's owner for the missing scopes"),
            Self::ContractViolated { .. } => {
                Some("change what `pointer` names; the description of the API says how")
            }
            Self::McpHeaderMismatch(_) => {
                Some("say in the header fields what the message says, as its revision asks")
            }
            Self::PolicyDenied { .. } => Some(
                "ask whoever runs the gateway: `bailiwick policy explain REQUEST_ID` says what \
                 would change the answer",
            ),
            Self::PolicyError => Some(
                "send fields as the API describes them; if they are, whoever runs the gateway \
                 finds the failing policy by the request's id",
            ),
            Self::RateLimited(_) => Some("wait for Retry-After, then sign again with a new nonce"),
            Self::BudgetExhausted(_) => Some("open another task; nothing fills this one up again"),
            Self::ApprovalPending(_) => Some(
                "send the same request again, newly signed, once `approval.status` is approved; \
                 `Prefer: wait=30` holds the answer until then",
            ),
            Self::ApprovalDenied { .. } => Some("`detail` says why; ask for something else"),
            Self::ApprovalMismatch(_) => {
                Some("send what was approved, or wait until that has been used or has expired")
            }
            Self::NotInLine(_) => Some(
                "call through the gateway itself; where `detail` speaks of a body, the proxy can \
                 be set up to send it along",
            ),
            Self::UpstreamFailed | Self::UpstreamTimeout => {
                Some("try again with a new signature and back off")
            }
            Self::Unavailable => Some(
                "the store, or what counts nonces and limits, is out of reach: back off, and try \
                 again with a new signature",
            ),
            _ => None,
        }
    }

    /// Whether the same request, signed again, may succeed later with nothing else changed.
    pub const fn retryable(&self) -> bool {
        matches!(
            self,
            Self::SignatureExpired
                | Self::SignatureNotYetValid
                | Self::NonceReplayed
                | Self::TokenExpired
                | Self::RateLimited(_)
                | Self::ApprovalPending(_)
                | Self::UpstreamFailed
                | Self::UpstreamTimeout
                | Self::Unavailable
        )
    }
}
