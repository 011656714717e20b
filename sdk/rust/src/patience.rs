//! What to do about a refusal: renew, wait for people, wait for a limit, or give up.

use std::collections::BTreeSet;
use std::time::Duration;

use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use crate::agent::Agent;
use crate::credential::{Credential, Refusal};
use crate::denial::Denial;
use crate::error::Error;
use crate::outgoing::Outgoing;
use crate::settings::Asked;
use crate::signing::Target;
use crate::waiting::Waiting;

/// When to look again whether people have decided, where the server does not say.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Why a request is sent again.
pub(crate) struct Attempt {
    pub(crate) waiting: Waiting,
    /// The refusals that something was renewed for: each is answered so once.
    pub(crate) renewed: BTreeSet<String>,
    /// The approval that it waits for.
    pub(crate) approval: Option<String>,
}

/// All that is known of a request when it is refused.
pub(crate) struct Refused<'a> {
    pub(crate) agent: &'a Agent,
    pub(crate) credential: &'a Credential,
    pub(crate) outgoing: &'a Outgoing,
    pub(crate) target: &'a Target,
    pub(crate) sent_at: Timestamp,
    pub(crate) generation: u64,
}

impl Refused<'_> {
    /// Whether to send it again, after whatever has to be waited for. All refusals but those of the
    /// upstream's are made before anything is forwarded, so that even a POST can be sent again.
    pub(crate) async fn wait_for(
        &self,
        denial: &Denial,
        attempt: &mut Attempt,
    ) -> Result<bool, Error> {
        if !self.outgoing.is_whole() {
            return Ok(false);
        }
        let is_own = self.agent.settings.origins.contains(&self.target.origin());
        match denial.code.as_str() {
            // Only the agent's own gateway is believed about the time.
            "signature_expired" | "signature_not_yet_valid" if is_own => {
                let time = &self.agent.link.time;
                time.check(&denial.headers, self.sent_at)?;
                time.learn(&denial.headers, self.sent_at);
                Ok(once(denial, attempt))
            }
            "approval_pending" => self.wait_for_people(denial, attempt).await,
            "upstream_failed" | "upstream_timeout" if !self.outgoing.may_repeat() => Ok(false),
            "rate_limited" | "unavailable" | "upstream_failed" | "upstream_timeout" => {
                Ok(self.pause(denial, attempt).await)
            }
            // It says that the same bytes arrived twice: the first may have been let through.
            "nonce_replayed" => Ok(self.outgoing.may_repeat() && once(denial, attempt)),
            _ if is_own && once(denial, attempt) => {
                let (target, generation) = (self.target, self.generation);
                if denial.status == StatusCode::UNAUTHORIZED
                    && self.agent.present().generation != generation
                {
                    // It was on its way while the key was changed.
                    return Ok(true);
                }
                let refusal = Refusal { denial, target, generation };
                self.credential.renew(self.agent, refusal).await
            }
            _ => Ok(false),
        }
    }

    async fn pause(&self, denial: &Denial, attempt: &mut Attempt) -> bool {
        let link = &self.agent.link;
        let Some(wait) = attempt.waiting.next(denial.retry_after, &link.entropy) else {
            return false;
        };
        link.time.clock.sleep(wait).await;
        true
    }

    /// Tells whoever wants to know, then looks until people have decided.
    async fn wait_for_people(&self, denial: &Denial, attempt: &mut Attempt) -> Result<bool, Error> {
        let told = self.agent.settings.on_approval.as_ref();
        let (Some(approval), Some(told)) = (&denial.approval, told) else { return Ok(false) };
        if attempt.approval.as_ref() != Some(&approval.id) {
            let (method, url) = (self.outgoing.method().clone(), self.outgoing.url().clone());
            if !told(approval.clone(), Asked { method, url }).await {
                return Ok(false);
            }
            attempt.approval = Some(approval.id.clone());
            return Ok(true);
        }
        // Where the answer was held back, it says itself that it is time to look again.
        let was_held = denial.headers.contains_key("preference-applied");
        if approval.status != "approved" && !was_held {
            let wait = denial.retry_after.unwrap_or(LOOK_AGAIN);
            self.agent.link.time.clock.sleep(wait).await;
        }
        Ok(true)
    }
}

fn once(denial: &Denial, attempt: &mut Attempt) -> bool {
    attempt.renewed.insert(denial.code.clone())
}
