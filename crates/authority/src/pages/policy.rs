//! What a page allows itself (Content Security Policy Level 3): nothing but what it says.

use std::fmt::Write as _;

use http::HeaderValue;

/// What one page needs beyond this authority's own stylesheet, images and forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Origins that a form of the page may lead to by a redirect, beside this one: browsers hold
    /// `form-action` against those too.
    pub(crate) leads_to: Vec<String>,
    /// Whether this authority's own scripts run on it.
    pub(crate) script: bool,
}

impl Policy {
    /// `Content-Security-Policy`. An origin that could say more than itself is left out.
    pub(crate) fn header(&self) -> HeaderValue {
        let mut text = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                        frame-ancestors 'none'; "
            .to_owned();
        if self.script {
            text.push_str("script-src 'self'; ");
        }
        text.push_str("form-action 'self'");
        for origin in self.leads_to.iter().filter(|origin| is_plain(origin)) {
            let _ = write!(text, " {origin}");
        }
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    }
}

/// Whether a text can stand in a list of sources without ending it or widening it.
fn is_plain(origin: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]@+".contains(&byte);
    !origin.is_empty() && origin.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(leads_to: &[&str], script: bool, end: &str) {
        let leads_to = leads_to.iter().map(|origin| (*origin).to_owned()).collect();
        let header = Policy { leads_to, script }.header();
        let text = header.to_str().unwrap();
        assert!(text.starts_with("default-src 'none'; ") && text.ends_with(end), "{text}");
        assert_eq!(text.contains("script-src 'self'"), script);
    }

    #[test]
    fn a_page_allows_itself_nothing_that_it_does_not_name() {
        check(&[], false, "form-action 'self'");
        check(&[], true, "form-action 'self'");
        check(&["https://app.example"], false, "form-action 'self' https://app.example");
        check(&["myapp:"], false, "form-action 'self' myapp:");
        for origin in ["", "*", "https://a; script-src *", "https://a b", "'unsafe-inline'"] {
            check(&[origin], false, "form-action 'self'");
        }
    }
}
