//! What one lets another do, as the gateway knows it: the grants that are live, and what else they
//! hang on. What has ended is dropped, what runs out is dropped with the next change, and what is
//! not here is refused.

use std::sync::Arc;

use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::{GrantId, PersonId, SessionId, TokenId};
use bailiwick_domain::person::{Session, Standing};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::people::PersonState;
use bailiwick_store::revoked_tokens::RevokedToken;
use rpds::{HashTrieMapSync, HashTrieSetSync, RedBlackTreeSetSync};

/// The live grants, the tokens that were taken back, the sign-ins, and the people who are blocked.
#[derive(Debug, Clone)]
pub struct Grants {
    live: HashTrieMapSync<GrantId, Arc<Grant>>,
    revoked: HashTrieMapSync<TokenId, Timestamp>,
    sessions: HashTrieMapSync<SessionId, Timestamp>,
    blocked: HashTrieSetSync<PersonId>,
    /// What runs out when: what has is found without looking at the rest.
    endings: RedBlackTreeSetSync<(Timestamp, Passing)>,
    /// What had run out by then has been dropped.
    as_of: Timestamp,
}

/// What does not last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Passing {
    Grant(GrantId),
    Token(TokenId),
    Session(SessionId),
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            live: HashTrieMapSync::new_sync(),
            revoked: HashTrieMapSync::new_sync(),
            sessions: HashTrieMapSync::new_sync(),
            blocked: HashTrieSetSync::new_sync(),
            endings: RedBlackTreeSetSync::new_sync(),
            as_of: Timestamp::default(),
        }
    }
}

impl Grants {
    /// The grant with this id, if it is live now.
    pub fn find(&self, id: GrantId, now: Timestamp) -> Option<&Arc<Grant>> {
        self.live.get(&id).filter(|grant| grant.is_live(now))
    }

    /// Whether the token was taken back.
    pub fn is_revoked(&self, token: TokenId) -> bool {
        self.revoked.contains_key(&token)
    }

    /// Whether the sign-in is live now.
    pub fn is_signed_in(&self, session: SessionId, now: Timestamp) -> bool {
        self.sessions.get(&session).is_some_and(|end| now < *end)
    }

    /// Whether what the person granted is to be refused.
    pub fn is_blocked(&self, person: PersonId) -> bool {
        self.blocked.contains(&person)
    }

    /// Takes in a grant as it is now.
    pub fn put_grant(&mut self, grant: Grant) {
        let (id, end, ended) = (grant.id, grant.expires_at, grant.ended_at.is_some());
        let before = self.live.get(&id).map(|known| known.expires_at);
        self.note_ending(Passing::Grant(id), before, (!ended).then_some(end));
        if ended {
            self.live.remove_mut(&id);
        } else {
            self.live.insert_mut(id, Arc::new(grant));
        }
    }

    pub(super) fn put_revoked(&mut self, token: RevokedToken) {
        let before = self.revoked.get(&token.id).copied();
        self.note_ending(Passing::Token(token.id), before, Some(token.expires_at));
        self.revoked.insert_mut(token.id, token.expires_at);
    }

    pub(super) fn put_session(&mut self, session: &Session) {
        let (id, end) = (session.id, session.expires_at);
        let before = self.sessions.get(&id).copied();
        let live = session.ended_at.is_none();
        self.note_ending(Passing::Session(id), before, live.then_some(end));
        if live {
            self.sessions.insert_mut(id, end);
        } else {
            self.sessions.remove_mut(&id);
        }
    }

    pub(super) fn put_person(&mut self, person: PersonState) {
        match person.state {
            Standing::Active => drop(self.blocked.remove_mut(&person.id)),
            Standing::Blocked => self.blocked.insert_mut(person.id),
        }
    }

    fn note_ending(&mut self, what: Passing, before: Option<Timestamp>, end: Option<Timestamp>) {
        if let Some(before) = before {
            self.endings.remove_mut(&(before, what));
        }
        if let Some(end) = end {
            self.endings.insert_mut((end, what));
        }
    }

    /// Whether both say the same of whatever has not run out.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let now = self.as_of.max(other.as_of);
        let lasting = |grants: &Self| grants.endings.iter().filter(|(end, _)| now < *end).count();
        let live = self.live.iter().filter(|(_, grant)| now < grant.expires_at);
        let mut ids = self.endings.iter().filter(|(end, _)| now < *end);
        lasting(self) == lasting(other)
            && ids.all(|ending| other.endings.contains(ending))
            && live.into_iter().all(|(id, grant)| other.live.get(id) == Some(grant))
            && self.blocked == other.blocked
    }

    /// Drops what has run out: as much work as there is to drop.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.as_of = now;
        while let Some((end, what)) = self.endings.first().copied().filter(|(end, _)| *end <= now) {
            self.endings.remove_mut(&(end, what));
            match what {
                Passing::Grant(id) => drop(self.live.remove_mut(&id)),
                Passing::Token(id) => drop(self.revoked.remove_mut(&id)),
                Passing::Session(id) => drop(self.sessions.remove_mut(&id)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
