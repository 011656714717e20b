//! For whom an agent acted, and by which task: what a record says of it.

use bailiwick_domain::id::{GrantId, TaskId};

use crate::canonical;

/// The most subjects of a chain that are kept: more than a token can name.
const MOST_SUBJECTS: usize = 17;

/// What an agent acted by, where that was not its own authority alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct DelegationEntry<'a> {
    /// The grant that its token was issued out of.
    pub grant: Option<GrantId>,
    /// Whose authority it was, where that was somebody else's: the subject of the token.
    pub on_behalf_of: Option<&'a str>,
    /// The subjects from the first, whose authority it was, to the present actor; empty where
    /// nobody acted for anybody.
    pub chain: &'a [&'a str],
    /// The task.
    pub task: Option<TaskId>,
    /// What the task was for.
    pub purpose: Option<&'a str>,
}

impl DelegationEntry<'_> {
    /// Writes the chain, so many bytes of each subject at most.
    pub(super) fn write_chain(&self, most: usize, out: &mut Vec<u8>) {
        let mut before: &[u8] = b",\"chain\":[";
        for subject in self.chain.iter().take(MOST_SUBJECTS) {
            out.extend_from_slice(before);
            canonical::string(canonical::cut(subject, most), out);
            before = b",";
        }
        if !self.chain.is_empty() {
            out.push(b']');
        }
    }

    pub(super) fn write_grant(&self, out: &mut Vec<u8>) {
        if let Some(grant) = self.grant {
            out.extend_from_slice(b",\"grant\":\"");
            grant.write(out);
            out.push(b'"');
        }
    }

    pub(super) fn write_task(&self, out: &mut Vec<u8>) {
        if let Some(task) = self.task {
            out.extend_from_slice(b",\"task\":\"");
            task.write(out);
            out.push(b'"');
        }
    }

    /// Whether something of the chain is left out.
    pub(super) fn has_cut_chain(&self, most: usize) -> bool {
        self.chain.len() > MOST_SUBJECTS || self.chain.iter().any(|subject| subject.len() > most)
    }
}
