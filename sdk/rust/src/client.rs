//! An agent that is ready to act.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use http::Method;
use serde::de::IgnoredAny;

use crate::acting::Acting;
use crate::agent::{Agent, who_am_i};
use crate::error::{BoxError, Error};
use crate::identity::{Identity, Me};
use crate::link::{Body, Question};
use crate::manner::{Form, Manner};
use crate::settings::{Coming, NewKey};
use crate::task::{Task, TaskOptions};
use crate::tokens::{Purpose, Subject};

/// An agent and its key, which is never shown; it does all that [`Acting`] does. A copy is the same
/// client, and costs nothing.
#[derive(Clone)]
pub struct Client {
    acting: Acting,
    form: Form,
}

impl Client {
    pub(crate) fn new(agent: Agent, manner: Manner) -> Self {
        let form = manner.form;
        let purpose = Purpose { manner, task: None, subject: None };
        Self { acting: Acting::new(Arc::new(agent), purpose), form }
    }

    /// Who this agent is.
    pub fn identity(&self) -> Identity {
        self.agent().present().identity.clone()
    }

    /// The same agent in another manner: another form, fewer scopes.
    pub fn using(&self, manner: Manner) -> Acting {
        let purpose = Purpose { manner, task: None, subject: None };
        Acting::new(self.agent().clone(), purpose)
    }

    /// Acts on behalf of whoever that token is of; what it may do only narrows (RFC 8693). In a
    /// form without tokens nobody could be acted for: it is by a token then.
    pub fn on_behalf_of(&self, subject: impl Into<Subject>, mut manner: Manner) -> Acting {
        if manner.form != Form::Dpop {
            manner.form = Form::Token;
        }
        let purpose = Purpose { manner, task: None, subject: Some(subject.into()) };
        Acting::new(self.agent().clone(), purpose)
    }

    /// Opens a task, does it, and closes it however it ends. Where both fail, the failure of the
    /// work is told.
    pub async fn task<T, E, W, F>(&self, options: TaskOptions, work: W) -> Result<T, E>
    where
        E: From<Error>,
        W: FnOnce(Task) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let task = self.open_task(options).await?;
        let done = work(task.clone()).await;
        let closed = task.close().await;
        let done = done?;
        closed?;
        Ok(done)
    }

    /// Opens a task that whoever opened it closes.
    pub async fn open_task(&self, options: TaskOptions) -> Result<Task, Error> {
        Task::open(self.agent().clone(), options, self.form).await
    }

    /// What the authority knows of this agent.
    pub async fn me(&self) -> Result<Me, Error> {
        let agent = self.agent();
        who_am_i(&agent.link, &agent.present().signer).await
    }

    /// Takes back a token of this agent's, and all that was exchanged from it (RFC 7009).
    pub async fn revoke_token(&self, token: &str) -> Result<(), Error> {
        let agent = self.agent();
        let present = agent.present();
        let question = Question {
            method: Method::POST,
            path: "/oauth/revoke",
            body: Body::Form(vec![("token", token.to_owned())]),
            dpop: None,
            signer: Some(&present.signer),
            repeatable: true,
        };
        agent.link.ask::<IgnoredAny>(&question).await.map(drop)
    }

    /// Changes the agent's key without a pause. The new one is registered with the present one,
    /// proven with a live call and kept before anything is signed with it; then the old one is
    /// revoked. Where there is an [`Options::on_rotation`](crate::Options::on_rotation), that
    /// registers it, and the old one is good until it is revoked.
    pub async fn rotate_key(&self) -> Result<(), Error> {
        let agent = self.agent();
        let register = agent.settings.on_rotation.as_deref();
        agent.rotate(register, agent.present().generation, None).await
    }

    /// The same where only an operator may register keys: `register` gives the public half to one,
    /// and comes back with the id that it was given. The old key is good until it is revoked.
    pub async fn rotate_key_with<F, C>(&self, register: F) -> Result<(), Error>
    where
        F: Fn(NewKey) -> C + Send + Sync + 'static,
        C: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        let register = move |new| -> Coming<_> { Box::pin(register(new)) };
        let agent = self.agent();
        agent.rotate(Some(&register), agent.present().generation, None).await
    }
}

impl Deref for Client {
    type Target = Acting;

    fn deref(&self) -> &Acting {
        &self.acting
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Identity { name, agent_id, gateway, .. } = self.identity();
        write!(f, "Client({name} {agent_id} at {gateway})")
    }
}
