//! Authority for one purpose, that ends with it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::acting::Acting;
use crate::agent::Agent;
use crate::error::Error;
use crate::link::{Body, Question};
use crate::manner::{Form, Manner};
use crate::renewed::Wanted;
use crate::tokens::{AccessToken, Answered, Purpose, proof_key};

/// A task to open.
#[derive(Debug, Clone, Default)]
pub struct TaskOptions {
    /// What it is for.
    pub purpose: String,
    /// Scopes; all that the agent has when there are none.
    pub scopes: Vec<String>,
    /// Resource identifiers of APIs (RFC 8707).
    pub resource: Vec<String>,
    /// How long it lasts at most; 900 seconds when left out.
    pub ttl_seconds: Option<u32>,
    /// How much may be done in it.
    pub budgets: Budgets,
    /// A token of the agent's own, to open the task below what that may do.
    pub subject: Option<AccessToken>,
    /// How requests in it say whose they are. By a signature of the agent's own key they could not
    /// say in which task; then, and when left out, it is by a token, or by a derived key where the
    /// client uses those.
    pub form: Option<Form>,
}

/// How much may be done in all; without end where there is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Budgets {
    /// Requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Requests that change something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<u64>,
    /// `DELETE` requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletes: Option<u64>,
}

impl TaskOptions {
    /// A task for this purpose.
    pub fn new(purpose: impl Into<String>) -> Self {
        Self { purpose: purpose.into(), ..Self::default() }
    }

    /// With these scopes alone.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }
}

/// A task that is open; it does all that [`Acting`] does. A copy is the same task. Closed, nothing
/// that was got for it is good any more; dropped, it stays open until its time is over.
#[derive(Clone)]
pub struct Task {
    acting: Acting,
    id: String,
    purpose: String,
}

#[derive(Deserialize)]
struct Opened {
    task_id: String,
    purpose: String,
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<i64>,
    scope: Option<String>,
}

impl Task {
    pub(crate) async fn open(
        agent: Arc<Agent>,
        options: TaskOptions,
        usual: Form,
    ) -> Result<Self, Error> {
        let chosen = options.form.unwrap_or(usual);
        let form = if chosen == Form::Signature { Form::Token } else { chosen };
        let present = agent.present();
        let dpop = if form == Form::Derived { None } else { proof_key(&present, form)? };
        let question = Question {
            method: Method::POST,
            path: "/api/agents/tasks",
            body: Body::Json(options.asked()),
            dpop,
            signer: Some(&present.signer),
            repeatable: false,
        };
        let now = agent.link.time.clock.now();
        let mut opened: Opened = agent.link.ask(&question).await?;
        let task = Some(opened.task_id.clone());
        let purpose = Purpose { manner: Manner::of(form), task, subject: None };
        let acting = Acting::new(agent, purpose);
        if form != Form::Derived
            && let Some(token) = opened.token()
        {
            let wanted = Wanted { now, generation: present.generation };
            acting.tokens().keep(token.token(now), wanted).await;
        }
        Ok(Self { acting, id: opened.task_id, purpose: opened.purpose })
    }

    /// `tsk_…`
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is for.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// Closes it; again changes nothing.
    pub async fn close(&self) -> Result<(), Error> {
        let agent = self.acting.agent();
        let path = format!("/api/agents/tasks/{}", self.id);
        let present = agent.present();
        let asked = Question::get(&path, Some(&present.signer));
        let question = Question { method: Method::DELETE, ..asked };
        agent.link.ask::<serde::de::IgnoredAny>(&question).await.map(drop)
    }
}

impl TaskOptions {
    fn asked(&self) -> serde_json::Value {
        let mut asked = json!({"purpose": self.purpose});
        let mut say = |name: &str, value: serde_json::Value| {
            if let Some(asked) = asked.as_object_mut() {
                asked.insert(name.to_owned(), value);
            }
        };
        if self.budgets != Budgets::default() {
            say("budgets", json!(self.budgets));
        }
        if !self.scopes.is_empty() {
            say("scopes", self.scopes.clone().into());
        }
        if !self.resource.is_empty() {
            say("resources", self.resource.clone().into());
        }
        if let Some(seconds) = self.ttl_seconds {
            say("ttl_seconds", seconds.into());
        }
        if let Some(token) = &self.subject {
            say("subject_token", token.secret().into());
        }
        asked
    }
}

impl Opened {
    /// The token that came with it; not when another agent is to do it.
    fn token(&mut self) -> Option<Answered> {
        Some(Answered {
            access_token: self.access_token.take()?,
            token_type: self.token_type.take()?,
            expires_in: self.expires_in?,
            scope: self.scope.take().unwrap_or_default(),
        })
    }
}

impl Deref for Task {
    type Target = Acting;

    fn deref(&self) -> &Acting {
        &self.acting
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({} {})", self.id, self.purpose)
    }
}
