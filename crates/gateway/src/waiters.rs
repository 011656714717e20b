//! Who holds a connection to hear what people decide: so many, and so many of one agent.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bailiwick_domain::id::AgentId;

/// The most that wait on one core, each with a body of 1 MiB at most.
const MOST: u32 = 64;
/// The most of one agent that wait on one core.
const MOST_OF_ONE: u32 = 8;

/// Those who wait on one core.
#[derive(Debug, Clone, Default)]
pub struct Waiters(Rc<RefCell<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: u32,
    of: HashMap<AgentId, u32>,
}

/// A place among those who wait, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    waiters: Waiters,
    agent: AgentId,
}

impl Waiters {
    /// A place, if there is one for this agent.
    pub fn sit(&self, agent: AgentId) -> Option<Seat> {
        let mut counts = self.0.borrow_mut();
        let of = counts.of.get(&agent).copied().unwrap_or_default();
        if counts.all >= MOST || of >= MOST_OF_ONE {
            return None;
        }
        counts.all += 1;
        counts.of.insert(agent, of + 1);
        Some(Seat { waiters: self.clone(), agent })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.waiters.0.borrow_mut();
        counts.all = counts.all.saturating_sub(1);
        match counts.of.get(&self.agent).copied().unwrap_or_default() {
            0 | 1 => counts.of.remove(&self.agent),
            of => counts.of.insert(self.agent, of - 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_agent_leaves_places_to_others_and_gives_them_back() {
        let waiters = Waiters::default();
        let agent = AgentId::from_bits;
        let sit = |number: u32| waiters.sit(agent(number.into()));
        let mut seats: Vec<_> = (0..MOST_OF_ONE).map(|_| sit(1).unwrap()).collect();
        assert!(sit(1).is_none());
        assert!(sit(2).is_some());
        seats.pop();
        assert!(sit(1).is_some());
        drop(seats);
        let all: Vec<_> = (0..MOST).map(|number| sit(number).unwrap()).collect();
        assert!(sit(MOST).is_none());
        drop(all);
        assert!(waiters.0.borrow().of.is_empty() && sit(MOST).is_some());
    }
}
