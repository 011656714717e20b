//! Approvals, as they are kept, and what people decided about them.

use bailiwick_domain::approval::{Approval, Bound, KEPT_DAYS, PENDING_SECONDS, State, Told};
use bailiwick_domain::id::{AgentId, ApprovalId};
use bailiwick_domain::ruling::Decision;
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// The approvals, within one transaction.
pub struct Approvals<'a>(&'a mut Tx);

/// Which approvals to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Only those that stand so at the instant that is asked for.
    pub state: Option<State>,
    /// Only this agent's.
    pub agent: Option<AgentId>,
    /// Only those asked for before this one.
    pub before: Option<ApprovalId>,
}

/// How much an agent has asked for lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inbox {
    /// How many of its approvals wait.
    pub pending: u32,
    /// When the first of them expires.
    pub frees_at: Option<Timestamp>,
    /// How many it has asked for in the last minute.
    pub recent: u32,
    /// When it asked for the first of these.
    pub first_at: Option<Timestamp>,
}

impl Tx {
    /// The approvals.
    pub fn approvals(&mut self) -> Approvals<'_> {
        Approvals(self)
    }
}

impl Approvals<'_> {
    /// Adds an approval that waits, and what people are shown of the body, under seal.
    pub async fn insert(
        &mut self,
        approval: &Approval,
        sealed_body: Option<&[u8]>,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO approvals (id, agent, chain, method, authority, target, \
                   target_digest, body_digest, operation, policy, agent_name, project, owner, \
                   person, task, purpose, sensitivity, because, body_bytes, content_type, \
                   record, approvers, state, asked_at, expires_at, used_at, sealed_body, \
                   changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
                   $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, 0)";
        let values = values(approval)?.into_iter().chain([sealed_body.map(encode).into()]);
        self.0.execute(sql, values).await.map(drop)
    }

    /// The approval with this id.
    pub async fn find(&mut self, id: ApprovalId) -> Result<Option<Approval>, Fault> {
        let sql = "SELECT * FROM approvals WHERE id = $1";
        let found = self.0.fetch(sql, [id.into()]).await?;
        Ok(self.decided(found).await?.pop())
    }

    /// What people are shown of its body, under seal; nothing once it is over.
    pub async fn body(&mut self, id: ApprovalId) -> Result<Option<Vec<u8>>, Fault> {
        let sql = "SELECT sealed_body FROM approvals WHERE id = $1";
        let row = self.0.fetch_first(sql, [id.into()]).await?;
        let Some(row) = row else { return Ok(None) };
        row.text_or_null("sealed_body")?.map(decode).transpose()
    }

    /// The approvals that an agent has for this method and target and that are not over, oldest
    /// first.
    pub async fn live_like(
        &mut self,
        wanted: &Bound,
        now: Timestamp,
    ) -> Result<Vec<Approval>, Fault> {
        let sql = "SELECT * FROM approvals WHERE agent = $1 AND method = $2 AND authority = $3 \
                   AND target_digest = $4 AND expires_at > $5 \
                   AND state IN ('pending', 'approved', 'denied') ORDER BY id";
        let values = [
            wanted.agent.into(),
            wanted.method.as_str().into(),
            wanted.authority.as_str().into(),
            encode(&wanted.target_digest).into(),
            now.into(),
        ];
        let found = self.0.fetch(sql, values).await?;
        self.decided(found).await
    }

    /// How much an agent has asked for lately.
    pub async fn inbox(&mut self, agent: AgentId, now: Timestamp) -> Result<Inbox, Fault> {
        let sql = "SELECT COUNT(CASE WHEN state = 'pending' AND expires_at > $2 THEN 1 END) \
                   AS pending, \
                   MIN(CASE WHEN state = 'pending' AND expires_at > $2 THEN expires_at END) \
                   AS frees_at, \
                   COUNT(CASE WHEN asked_at > $3 THEN 1 END) AS recent, \
                   MIN(CASE WHEN asked_at > $3 THEN asked_at END) AS first_at \
                   FROM approvals WHERE agent = $1 AND asked_at > $4";
        let (minute, longest) = (now.plus_seconds(-60), now.plus_seconds(-PENDING_SECONDS));
        let values = [agent.into(), now.into(), minute.into(), longest.into()];
        let row = self.0.fetch_first(sql, values).await?;
        let row = row.ok_or_else(|| Fault::corrupt("no count of approvals"))?;
        Ok(Inbox {
            pending: u32::try_from(row.int("pending")?).unwrap_or(u32::MAX),
            frees_at: row.instant_or_null("frees_at")?,
            recent: u32::try_from(row.int("recent")?).unwrap_or(u32::MAX),
            first_at: row.instant_or_null("first_at")?,
        })
    }

    /// Uses an approval up; says whether it was there to be used. Of several that ask at once, on
    /// whatever nodes, one is told so.
    pub async fn take(&mut self, id: ApprovalId, now: Timestamp) -> Result<bool, Fault> {
        let sql = "UPDATE approvals SET state = 'used', used_at = $2, sealed_body = NULL \
                   WHERE id = $1 AND used_at IS NULL AND state = 'approved' AND expires_at > $2";
        Ok(self.0.execute(sql, [id.into(), now.into()]).await? > 0)
    }

    /// Keeps what was decided last about an approval, and where it stands now; says whether it was
    /// still waiting. Whoever waits for it is told.
    pub async fn decide(&mut self, approval: &Approval) -> Result<bool, Fault> {
        let Some(decision) = approval.decisions.last() else { return Ok(false) };
        let number = self.0.number().await?;
        let sql = "UPDATE approvals SET state = $2, expires_at = $3, changed = $4 \
                   WHERE id = $1 AND state = 'pending' AND expires_at > $5";
        let values = [
            approval.id.into(),
            approval.state.as_str().into(),
            approval.expires_at.into(),
            number.into(),
            decision.at.into(),
        ];
        if self.0.execute(sql, values).await? == 0 {
            return Ok(false);
        }
        if approval.state == State::Denied {
            let sql = "UPDATE approvals SET sealed_body = NULL WHERE id = $1";
            self.0.execute(sql, [approval.id.into()]).await?;
        }
        self.insert_decision(approval.id, decision).await?;
        Ok(true)
    }

    async fn insert_decision(&mut self, id: ApprovalId, made: &Decision) -> Result<(), Fault> {
        let sql = "INSERT INTO approval_decisions \
                   (approval, decider, name, verdict, reason, channel, decided_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            id.into(),
            made.by.as_str().into(),
            made.name.as_str().into(),
            made.verdict.as_str().into(),
            made.reason.clone().into(),
            made.channel.as_str().into(),
            made.at.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the decision")).map(drop)
    }

    /// Approvals as they stand at an instant, newest first, at most so many.
    pub async fn list(
        &mut self,
        filter: Filter,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Approval>, Fault> {
        let sql = "SELECT * FROM approvals WHERE ($2 = '' OR (CASE \
                   WHEN state IN ('pending', 'approved') AND expires_at <= $1 THEN 'expired' \
                   ELSE state END) = $2) AND ($3 = '' OR agent = $3) AND ($4 = '' OR id < $4) \
                   ORDER BY id DESC LIMIT $5";
        let text = |it: Option<String>| Value::Text(it.unwrap_or_default());
        let values = [
            now.into(),
            text(filter.state.map(|it| it.to_string())),
            text(filter.agent.map(|it| it.to_string())),
            text(filter.before.map(|it| it.to_string())),
            most.into(),
        ];
        let found = self.0.fetch(sql, values).await?;
        self.decided(found).await
    }

    /// Whether there is anything to sweep.
    pub async fn has_over(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let sql = "SELECT id FROM approvals WHERE asked_at <= $2 OR \
                   (state IN ('pending', 'approved') AND expires_at <= $1) LIMIT 1";
        let old = now.plus_seconds(-KEPT_DAYS * DAY);
        Ok(self.0.fetch_first(sql, [now.into(), old.into()]).await?.is_some())
    }

    /// Ends those whose time is over, with what was shown of their bodies, and forgets those that
    /// are older than [`KEPT_DAYS`].
    pub async fn sweep(&mut self, now: Timestamp) -> Result<(), Fault> {
        let sql = "UPDATE approvals SET state = 'expired', sealed_body = NULL \
                   WHERE state IN ('pending', 'approved') AND expires_at <= $1";
        self.0.execute(sql, [now.into()]).await?;
        let old = now.plus_seconds(-KEPT_DAYS * DAY);
        let sql = "DELETE FROM approval_decisions WHERE approval IN \
                   (SELECT id FROM approvals WHERE asked_at <= $1)";
        self.0.execute(sql, [old.into()]).await?;
        let sql = "DELETE FROM referrals WHERE approval IN \
                   (SELECT id FROM approvals WHERE asked_at <= $1)";
        self.0.execute(sql, [old.into()]).await?;
        self.0.execute("DELETE FROM approvals WHERE asked_at <= $1", [old.into()]).await.map(drop)
    }

    /// Those about which transactions after this number decided something.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<ApprovalId>, Fault> {
        let sql = "SELECT id FROM approvals WHERE changed > $1 AND changed > 0";
        self.0.fetch_each(sql, [number.into()], |row| row.parsed("id")).await
    }

    /// Approvals with what was decided about each; ids that follow on each other in either order.
    async fn decided(&mut self, rows: Vec<Row>) -> Result<Vec<Approval>, Fault> {
        let mut found = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let ids = found.iter().map(|it| it.id);
        let (Some(first), Some(last)) = (ids.clone().min(), ids.max()) else { return Ok(found) };
        let sql = "SELECT * FROM approval_decisions WHERE approval >= $1 AND approval <= $2 \
                   ORDER BY decided_at";
        for row in self.0.fetch(sql, [first.into(), last.into()]).await? {
            let id: ApprovalId = row.parsed("approval")?;
            if let Some(approval) = found.iter_mut().find(|it| it.id == id) {
                approval.decisions.push(read_decision(&row)?);
            }
        }
        Ok(found)
    }
}

fn values(approval: &Approval) -> Result<[Value; 26], Fault> {
    let Approval { bound, told, .. } = approval;
    Ok([
        approval.id.into(),
        bound.agent.into(),
        bound.chain.join("\n").into(),
        bound.method.as_str().into(),
        bound.authority.as_str().into(),
        bound.target.as_str().into(),
        encode(&bound.target_digest).into(),
        encode(&bound.body).into(),
        bound.operation.as_str().into(),
        bound.policy.as_str().into(),
        told.agent.as_str().into(),
        told.project.as_str().into(),
        told.owner.as_str().into(),
        told.person.into(),
        told.task.into(),
        told.purpose.as_str().into(),
        told.sensitivity.as_str().into(),
        told.because.as_str().into(),
        i64::try_from(told.body_bytes).map_err(Fault::corrupt)?.into(),
        told.content_type.clone().into(),
        told.record.into(),
        i64::from(approval.approvers).into(),
        approval.state.as_str().into(),
        approval.asked_at.into(),
        approval.expires_at.into(),
        approval.used_at.into(),
    ])
}

fn read(row: &Row) -> Result<Approval, Fault> {
    let text = |column: &str| row.text(column).map(str::to_owned);
    Ok(Approval {
        id: row.parsed("id")?,
        bound: Bound {
            agent: row.parsed("agent")?,
            chain: row.text("chain")?.lines().map(str::to_owned).collect(),
            method: text("method")?,
            authority: text("authority")?,
            target: text("target")?,
            target_digest: digest(row, "target_digest")?,
            body: digest(row, "body_digest")?,
            operation: text("operation")?,
            policy: text("policy")?,
        },
        told: Told {
            agent: text("agent_name")?,
            project: text("project")?,
            owner: text("owner")?,
            person: row.parsed_or_null("person")?,
            task: row.parsed_or_null("task")?,
            purpose: text("purpose")?,
            sensitivity: text("sensitivity")?,
            because: text("because")?,
            body_bytes: u64::try_from(row.int("body_bytes")?).map_err(Fault::corrupt)?,
            content_type: row.text_or_null("content_type")?.map(str::to_owned),
            record: row.parsed("record")?,
        },
        approvers: u8::try_from(row.int("approvers")?).map_err(Fault::corrupt)?,
        state: row.parsed("state")?,
        decisions: Vec::new(),
        asked_at: row.instant("asked_at")?,
        expires_at: row.instant("expires_at")?,
        used_at: row.instant_or_null("used_at")?,
    })
}

fn digest(row: &Row, column: &'static str) -> Result<[u8; 32], Fault> {
    decode(row.text(column)?)?.try_into().map_err(|_| Fault::corrupt(column))
}

fn read_decision(row: &Row) -> Result<Decision, Fault> {
    Ok(Decision {
        by: row.text("decider")?.to_owned(),
        name: row.text("name")?.to_owned(),
        verdict: row.parsed("verdict")?,
        reason: row.text_or_null("reason")?.map(str::to_owned),
        channel: row.parsed("channel")?,
        at: row.instant("decided_at")?,
    })
}
