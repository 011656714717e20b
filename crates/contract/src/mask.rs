//! The fields of an answer that are labelled, as an automaton over member names and elements: a
//! schema that leads back to itself is a loop in it, not an expansion.

use std::collections::{BTreeMap, BTreeSet};

use crate::pointer::join;

/// The labelled fields of an operation's answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// What holds for the whole answer is the first; none when nothing is labelled.
    pub(crate) nodes: Vec<Node>,
    pub(crate) labels: Vec<String>,
}

/// What holds for one place of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its labels, by their place in the list of labels.
    pub(crate) labels: BTreeSet<usize>,
    pub(crate) members: BTreeMap<String, usize>,
    /// Members that are not named; a named one that leads nowhere is not among `members` either.
    pub(crate) others: Option<usize>,
    pub(crate) elements: Option<usize>,
    /// Named members that lead nowhere, though others lead somewhere.
    pub(crate) plain: BTreeSet<String>,
}

impl Mask {
    /// Whether nothing is labelled.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every label there is, in order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    pub(crate) fn node(&self, place: Option<usize>) -> Option<&Node> {
        self.nodes.get(place?)
    }

    /// What holds for the whole answer.
    pub(crate) fn start(&self) -> Option<usize> {
        (!self.nodes.is_empty()).then_some(0)
    }

    fn names(&self, node: Option<&Node>) -> BTreeSet<&str> {
        let labels = node.into_iter().flat_map(|node| &node.labels);
        labels.filter_map(|label| self.labels.get(*label)).map(String::as_str).collect()
    }

    /// A field and its label that another mask has and this one does not.
    pub(crate) fn lacks(&self, other: &Self) -> Option<(String, String)> {
        let mut seen = BTreeSet::new();
        let mut pending = vec![(other.start()?, self.start(), String::new())];
        while let Some((theirs, ours, path)) = pending.pop() {
            if !seen.insert((theirs, ours)) {
                continue;
            }
            let (their, our) = (other.node(Some(theirs))?, self.node(ours));
            if let Some(label) = other.names(Some(their)).difference(&self.names(our)).next() {
                return Some((path, (*label).to_owned()));
            }
            let named =
                their.members.keys().chain(our.into_iter().flat_map(|it| it.members.keys()));
            let named = named.chain(our.into_iter().flat_map(|it| &it.plain));
            for name in named.collect::<BTreeSet<_>>() {
                let next = their.member(name);
                pending.extend(
                    next.map(|it| (it, our.and_then(|our| our.member(name)), join(&path, name))),
                );
            }
            let next = [
                (their.others, our.and_then(|it| it.others)),
                (their.elements, our.and_then(|it| it.elements)),
            ];
            for (theirs, ours) in next {
                pending.extend(theirs.map(|it| (it, ours, format!("{path}/*"))));
            }
        }
        None
    }
}

impl Node {
    /// What holds for a member.
    pub(crate) fn member(&self, name: &str) -> Option<usize> {
        match self.members.get(name) {
            Some(next) => Some(*next),
            None if self.plain.contains(name) => None,
            None => self.others,
        }
    }
}
