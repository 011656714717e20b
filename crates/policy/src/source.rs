//! Texts of policies, and what is wrong with them, with the place.

use std::fmt;

/// A text of policies, and what it is called where problems are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// The name of the file, or whatever else says where the text is from.
    pub name: &'a str,
    /// The policies.
    pub text: &'a str,
}

/// One thing that is wrong with a text of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The [`Source`]'s name.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

/// Everything that is wrong with a set of policies; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Source<'_> {
    /// A problem at a byte of the text.
    pub(crate) fn problem(&self, offset: usize, message: impl Into<String>) -> Problem {
        let before = self.text.get(..self.text.floor_char_boundary(offset)).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        Problem {
            source: self.name.to_owned(),
            line: before.matches('\n').count().saturating_add(1),
            column: before.get(line_start..).unwrap_or_default().chars().count().saturating_add(1),
            message: message.into(),
            hint: None,
        }
    }
}

impl Problem {
    /// The problem with advice.
    #[must_use]
    pub(crate) fn hinting(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// As compilers say it: `file:line:column: message (hint)`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, line, column, message, hint } = self;
        write!(f, "{source}:{line}:{column}: {message}")?;
        match hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// One a line.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_character() {
        let source = Source { name: "a.cedar", text: "ä\nöü x\n" };
        let place = |offset| {
            let problem = source.problem(offset, "wrong");
            (problem.line, problem.column)
        };
        assert_eq!([place(0), place(2), place(3), place(8)], [(1, 1), (1, 2), (2, 1), (2, 4)]);
        assert_eq!([place(4), place(9_999)], [(2, 1), (3, 1)]);
        let problem = source.problem(3, "wrong").hinting("mend it");
        assert_eq!(problem.to_string(), "a.cedar:2:1: wrong (mend it)");
    }
}
