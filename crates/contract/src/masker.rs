//! Masking an answer as it passes: JSON bytes in, the same bytes out with `"***"` for each value
//! whose label is not cleared.
//!
//! A state machine over bytes; how they are cut into pieces makes no difference. What it holds is
//! bounded: one name and one place per level. Whatever is not JSON (RFC 8259) is refused, since
//! what cannot be read here might be read by somebody else. Names are compared as they are meant,
//! escapes resolved, and each time they come: a name that comes twice is masked twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::lexeme::{Number, Said, Text};
use crate::mask::Mask;

/// The deepest nesting of an answer that is masked.
pub const MAX_DEPTH: usize = 128;
/// The longest name that can be one that is described, in bytes.
const NAME_BYTES: usize = 1024;
/// What stands for a value that is masked.
const MASKED: &[u8] = b"\"***\"";

/// Why an answer cannot be masked. What was let out before stays out; the rest must not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not JSON that can be masked")]
pub struct Unmaskable;

/// The labels of an answer that came by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Those whose values went out.
    pub returned: BTreeSet<String>,
    /// Those whose values did not.
    pub masked: BTreeSet<String>,
}

/// Masks one answer.
#[derive(Debug)]
pub struct Masker {
    mask: Arc<Mask>,
    cleared: BTreeSet<usize>,
    state: State,
    levels: Vec<Level>,
    /// The depth at which output begins again, while a value is left out.
    muted: Option<usize>,
    /// What holds for the value that comes next.
    next: Option<usize>,
    name: Vec<u8>,
    text: Text,
    returned: BTreeSet<usize>,
    masked: BTreeSet<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    is_object: bool,
    place: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    FirstElement,
    FirstName,
    Name,
    Colon,
    After,
    InName,
    InText,
    InNumber(Number),
    InWord(&'static [u8]),
    Broken,
}

impl Masker {
    /// For one answer to somebody for whom these labels are cleared.
    pub fn new(mask: &Arc<Mask>, clears: impl Fn(&str) -> bool) -> Self {
        let cleared = mask.labels.iter().enumerate().filter(|(_, label)| clears(label));
        Self {
            mask: Arc::clone(mask),
            cleared: cleared.map(|(number, _)| number).collect(),
            state: State::Value,
            levels: Vec::new(),
            muted: None,
            next: mask.start(),
            name: Vec::new(),
            text: Text::default(),
            returned: BTreeSet::new(),
            masked: BTreeSet::new(),
        }
    }

    /// Whether every label is cleared, and nothing will be masked.
    pub fn clears_all(&self) -> bool {
        self.cleared.len() == self.mask.labels.len()
    }

    /// Takes a piece of the answer and gives out what may follow of it.
    pub fn feed(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        for byte in piece {
            if let Err(unmaskable) = self.take(*byte, out) {
                self.state = State::Broken;
                return Err(unmaskable);
            }
        }
        Ok(())
    }

    /// Ends the answer: refused when it broke off. An answer without a byte is none, and fine.
    pub fn finish(&self) -> Result<(), Unmaskable> {
        let ended = match self.state {
            State::After | State::Value => true,
            State::InNumber(number) => number.may_end(),
            _ => false,
        };
        if ended && self.levels.is_empty() { Ok(()) } else { Err(Unmaskable) }
    }

    /// The labels that came by so far.
    pub fn seen(&self) -> Seen {
        let names = |numbers: &BTreeSet<usize>| {
            numbers.iter().filter_map(|number| self.mask.labels.get(*number).cloned()).collect()
        };
        Seen { returned: names(&self.returned), masked: names(&self.masked) }
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let is_space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        match self.state {
            State::FirstElement if byte == b']' => self.leave(byte, out),
            State::FirstName if byte == b'}' => self.leave(byte, out),
            State::Value | State::FirstElement if !is_space => return self.begin(byte, out),
            State::FirstName | State::Name if byte == b'"' => {
                self.name.clear();
                self.go_on(State::InName, byte, out);
            }
            State::Colon if byte == b':' => {
                self.next = self.member();
                self.go_on(State::Value, byte, out);
            }
            State::After if !is_space => return self.after(byte, out),
            State::InName | State::InText => return self.within(byte, out),
            State::InNumber(number) => match number.then(byte) {
                Some(number) => self.go_on(State::InNumber(number), byte, out),
                None if number.may_end() => {
                    self.end_value();
                    return self.take(byte, out);
                }
                None => return Err(Unmaskable),
            },
            State::InWord([first, rest @ ..]) if *first == byte => {
                self.go_on(State::InWord(rest), byte, out);
                if rest.is_empty() {
                    self.end_value();
                }
            }
            State::InWord(_) | State::Broken => return Err(Unmaskable),
            _ if is_space => self.emit(byte, out),
            _ => return Err(Unmaskable),
        }
        Ok(())
    }

    fn go_on(&mut self, state: State, byte: u8, out: &mut Vec<u8>) {
        self.emit(byte, out);
        self.state = state;
    }

    fn emit(&self, byte: u8, out: &mut Vec<u8>) {
        if self.muted.is_none() {
            out.push(byte);
        }
    }

    /// The first byte of a value.
    fn begin(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        self.judge(out);
        let state = match byte {
            b'{' => return self.enter(true, byte, out),
            b'[' => return self.enter(false, byte, out),
            b'"' => State::InText,
            b'-' => State::InNumber(Number::Sign),
            b'0' => State::InNumber(Number::Zero),
            b'1'..=b'9' => State::InNumber(Number::Whole),
            b't' => State::InWord(b"rue"),
            b'f' => State::InWord(b"alse"),
            b'n' => State::InWord(b"ull"),
            _ => return Err(Unmaskable),
        };
        self.go_on(state, byte, out);
        Ok(())
    }

    /// Whether the value that begins goes out.
    fn judge(&mut self, out: &mut Vec<u8>) {
        if self.muted.is_some() {
            return;
        }
        let Some(node) = self.mask.node(self.next) else { return };
        if node.labels.is_subset(&self.cleared) {
            self.returned.extend(&node.labels);
        } else {
            self.masked.extend(node.labels.difference(&self.cleared));
            out.extend_from_slice(MASKED);
            self.muted = Some(self.levels.len());
        }
    }

    fn enter(&mut self, is_object: bool, byte: u8, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        if self.levels.len() == MAX_DEPTH {
            return Err(Unmaskable);
        }
        let place = self.next;
        self.levels.push(Level { is_object, place });
        self.next = if is_object { None } else { self.elements() };
        let state = if is_object { State::FirstName } else { State::FirstElement };
        self.go_on(state, byte, out);
        Ok(())
    }

    fn elements(&self) -> Option<usize> {
        self.mask.node(self.levels.last()?.place)?.elements
    }

    fn member(&self) -> Option<usize> {
        let node = self.mask.node(self.levels.last()?.place)?;
        match std::str::from_utf8(&self.name) {
            Ok(name) if name.len() <= NAME_BYTES => node.member(name),
            _ => node.others,
        }
    }

    fn leave(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.emit(byte, out);
        self.levels.pop();
        self.end_value();
    }

    fn end_value(&mut self) {
        self.state = State::After;
        if self.muted == Some(self.levels.len()) {
            self.muted = None;
        }
    }

    fn after(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let Some(level) = self.levels.last().copied() else { return Err(Unmaskable) };
        match (byte, level.is_object) {
            (b',', true) => self.go_on(State::Name, byte, out),
            (b',', false) => {
                self.next = self.elements();
                self.go_on(State::Value, byte, out);
            }
            (b'}', true) | (b']', false) => self.leave(byte, out),
            _ => return Err(Unmaskable),
        }
        Ok(())
    }

    /// A byte of a name or a text.
    fn within(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let in_name = self.state == State::InName;
        self.emit(byte, out);
        match self.text.take(byte).ok_or(Unmaskable)? {
            Said::Nothing => {}
            Said::Byte(byte) => self.remember(in_name, &[byte]),
            Said::Character(character) => {
                let mut spelled = [0; 4];
                self.remember(in_name, character.encode_utf8(&mut spelled).as_bytes());
            }
            Said::End if in_name => self.state = State::Colon,
            Said::End => self.end_value(),
        }
        Ok(())
    }

    /// One byte more than a described name has is enough to tell that it is none.
    fn remember(&mut self, in_name: bool, bytes: &[u8]) {
        if in_name && self.name.len() <= NAME_BYTES {
            self.name.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
#[path = "masker/tests.rs"]
mod tests;
