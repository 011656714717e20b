//! Where the answer to an authorization request goes, and how it is said there.

use std::fmt::Write as _;

use bailiwick_domain::redirect::RedirectUri;

/// A way to answer a client through the person's browser, proven to be one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Where.
    pub(crate) redirect_uri: RedirectUri,
    /// How.
    pub(crate) mode: Mode,
    /// What the client wants repeated.
    pub(crate) state: Option<String>,
}

/// How an answer is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In the query of the redirect URI (RFC 6749, section 4.1.2).
    Query,
    /// In a form that the person's browser posts there (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// Why a client gets no code (RFC 6749, section 4.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deviation {
    /// The error code of OAuth.
    pub(crate) error: &'static str,
    /// What exactly was wrong.
    pub(crate) description: String,
}

impl Deviation {
    /// This error, for this reason.
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }
}

/// What a client is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A code.
    Code(String),
    /// None.
    Error(Deviation),
}

impl Reply {
    /// The parameters of the answer. `iss` tells the client whose answer it is (RFC 9207, section
    /// 2), in errors too.
    pub(crate) fn parameters(&self, issuer: &str, answer: &Answer) -> Vec<(&'static str, String)> {
        let mut said = match answer {
            Answer::Code(code) => vec![("code", code.clone())],
            Answer::Error(Deviation { error, description }) => {
                vec![("error", (*error).to_owned()), ("error_description", ascii(description))]
            }
        };
        if let Some(state) = &self.state {
            said.push(("state", state.clone()));
        }
        said.push(("iss", issuer.to_owned()));
        said
    }

    /// The redirect URI with the answer in its query.
    pub(crate) fn location(&self, issuer: &str, answer: &Answer) -> String {
        self.redirect_uri.with(&encode(&self.parameters(issuer, answer)))
    }
}

/// The characters that a description may have (RFC 6749, section 4.1.2.1).
fn ascii(text: &str) -> String {
    let fine = |it: &char| matches!(it, ' ' | '!' | '#'..='[' | ']'..='~');
    text.chars().map(|it| if fine(&it) { it } else { '\'' }).collect()
}

/// `application/x-www-form-urlencoded`.
fn encode(pairs: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let separator = if text.is_empty() { "" } else { "&" };
        let _ = write!(text, "{separator}{name}=");
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                    text.push(char::from(byte));
                }
                _ => {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whose_it_is_and_repeats_the_state() {
        let reply = Reply {
            redirect_uri: "https://app.example/cb?a=b".parse().unwrap(),
            mode: Mode::Query,
            state: Some("a&b=\u{e9} ".to_owned()),
        };
        let code = reply.location("https://id.example", &Answer::Code("bwc_1".to_owned()));
        assert_eq!(
            code,
            "https://app.example/cb?a=b&code=bwc_1&state=a%26b%3D%C3%A9%20\
             &iss=https%3A%2F%2Fid.example"
        );
        let error = Answer::Error(Deviation::new("invalid_scope", "no \"such\n\u{e9}"));
        let error = Reply { state: None, ..reply }.location("https://id.example", &error);
        assert_eq!(
            error,
            "https://app.example/cb?a=b&error=invalid_scope\
             &error_description=no%20%27such%27%27&iss=https%3A%2F%2Fid.example"
        );
    }
}
