//! The parameters of an authorization request, as they came.

use crate::refusal::Refusal;

/// The most parameters of one request.
const MOST: usize = 64;
/// The longest that they may be together, in bytes.
const LONGEST: usize = 16 * 1_024;
/// What proves who pushed a request, and is none of the request's.
const OF_CLIENT: [&str; 2] = ["client_assertion", "client_assertion_type"];

/// Names and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(String, String)>);

/// A parameter is there twice (RFC 6749, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Twice;

impl Parameters {
    /// The parameters; one without a value counts as left out (RFC 6749, section 3.1).
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        let length: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
        if pairs.len() > MOST || length > LONGEST {
            let text = format!("more than {MOST} parameters, or than {LONGEST} bytes of them");
            return Err(Refusal::Malformed(text));
        }
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    /// The value of a parameter.
    pub(crate) fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Twice> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Twice) } else { Ok(first) }
    }

    /// Every value of a parameter that may be there several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The parameters of a request that was pushed, without what proved its client.
    pub(crate) fn without_proof(self) -> Self {
        self.without(&OF_CLIENT)
    }

    /// Without those of these names.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    /// With this value, in place of whatever was there.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As text, to be kept.
    pub(crate) fn write(&self) -> String {
        serde_json::json!(self.0).to_string()
    }

    /// Out of such a text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }
}
