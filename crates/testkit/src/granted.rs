//! What people and agents let others do, in a test's world.

use bailiwick_domain::details::Details;
use bailiwick_domain::grant::{Budgets, Extent, Grant};
use bailiwick_domain::id::{GrantId, PersonId, SessionId};
use bailiwick_domain::person::{Person, Session, Standing};
use bailiwick_proof::jwt::AccessToken;
use bailiwick_store::revoked_tokens::RevokedToken;

use crate::sources::BEGINNING;
use crate::world::{ACME, OPEN, World};

impl World {
    /// What a person lets the world's agent do: all that it may, for an hour, at both APIs.
    pub fn grant(&self, number: u128) -> Grant {
        Grant {
            id: GrantId::from_bits(number),
            agent: self.agent.id,
            person: Some(PersonId::from_bits(1)),
            parent: None,
            depth: 1,
            key: None,
            session: None,
            token: None,
            task: None,
            purpose: "summarize open tickets".to_owned(),
            extent: Extent {
                scopes: self.agent.scopes.clone(),
                resources: vec![ACME.to_owned(), OPEN.to_owned()],
                details: Details::default(),
            },
            budgets: Budgets::default(),
            expires_at: BEGINNING.plus_seconds(3_600),
            ended_at: None,
            ended_because: None,
            created_at: BEGINNING,
        }
    }

    /// Keeps a grant, or keeps it as it is now.
    pub async fn put_grant(&self, grant: &Grant) {
        let mut tx = self.store.begin().await.unwrap();
        if !tx.grants().update(grant).await.unwrap() {
            tx.grants().insert(grant).await.unwrap();
        }
        tx.save().await.unwrap();
    }

    /// An honest token of a grant: it descends from no key, and the person is its subject.
    pub fn token_of(&self, grant: &Grant) -> AccessToken {
        let own = self.token();
        let sub = grant.person.map(|person| person.to_string());
        AccessToken {
            act: sub.iter().map(|_| own.sub.clone()).collect(),
            sub: sub.unwrap_or(own.sub.clone()),
            aud: grant.extent.resources.clone(),
            scope: grant.extent.scopes.clone(),
            key_id: None,
            grant: Some(grant.id),
            task: grant.task,
            purpose: grant.task.map(|_| grant.purpose.clone()),
            authorization_details: grant.extent.details.clone(),
            ..own
        }
    }

    /// Takes a token back.
    pub async fn revoke_token(&self, token: &AccessToken) {
        let mut tx = self.store.begin().await.unwrap();
        let revoked = RevokedToken { id: token.jti, expires_at: token.exp };
        tx.revoked_tokens().insert(revoked).await.unwrap();
        tx.save().await.unwrap();
    }

    /// Knows a person, or whether they are blocked now.
    pub async fn put_person(&self, id: PersonId, state: Standing) {
        let person = Person {
            id,
            issuer: "https://people.test".to_owned(),
            subject: id.to_string(),
            name: "Ada".to_owned(),
            email: None,
            role: None,
            state,
            created_at: BEGINNING,
        };
        let mut tx = self.store.begin().await.unwrap();
        if !tx.people().update(&person).await.unwrap() {
            tx.people().insert(&person).await.unwrap();
        }
        tx.save().await.unwrap();
    }

    /// Signs a person in, who is known.
    pub async fn sign_in(&self, person: PersonId, id: SessionId) {
        let session = Session {
            id,
            person,
            digest: [u8::try_from(id.bits()).unwrap(); 32],
            authenticated_at: self.hands.now(),
            last_seen_at: self.hands.now(),
            expires_at: self.hands.now().plus_seconds(3_600),
            ended_at: None,
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.sessions().insert(&session).await.unwrap();
        tx.save().await.unwrap();
    }

    /// Signs a person out.
    pub async fn sign_out(&self, id: SessionId) {
        let mut tx = self.store.begin().await.unwrap();
        assert!(tx.sessions().end(id, self.hands.now()).await.unwrap(), "the session is live");
        tx.save().await.unwrap();
    }
}
