//! What people are shown of a target and a body: the text as it is, secrets masked, in bounds.
//!
//! It is the caller's own text and not what a parser made of it, so that a member that is there
//! twice is seen twice, and a number has all of its digits. What a terminal or a browser would not
//! show as it is written is escaped, so that no text looks like another.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use bailiwick_contract::mask::Mask;
use bailiwick_contract::masker::{Masker, Unmaskable};
use bailiwick_contract::unseen::is_widthless;
use serde::de::IgnoredAny;

use super::target::Target;

/// The most bytes that are shown.
const MOST_BYTES: usize = 16 * 1024;
/// What stands in the place of a secret.
const MASKED: &str = "[masked]";

/// What the name of a member or field has in it that carries a secret; without `-`, `_` and case.
const SECRETS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "cookie",
    "cardnumber",
    "securitycode",
];
/// Names that are a secret's only as a whole.
const SECRET_NAMES: [&str; 6] = ["pin", "otp", "cvv", "cvc", "ssn", "iban"];

/// What is shown of a body: nothing of none. What is labelled in it is masked, for everybody; where
/// it cannot be told what is, nothing is shown.
pub fn shown(
    body: &[u8],
    content_type: Option<&str>,
    labelled: Option<&Arc<Mask>>,
) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let size = body.len();
    let body = match labelled.filter(|mask| !mask.is_empty()) {
        None => Cow::Borrowed(body),
        Some(mask) => match without_labelled(body, mask) {
            Ok(rest) => Cow::Owned(rest),
            Err(_) => return Some(format!("{size} bytes that are not the JSON described")),
        },
    };
    let Ok(text) = std::str::from_utf8(&body) else {
        return Some(format!("{size} bytes that are no text"));
    };
    let is_form = content_type
        .is_some_and(|it| it.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    let masked = if is_form {
        mask_form(text)
    } else if serde_json::from_str::<IgnoredAny>(text).is_ok() {
        mask_json(text)
    } else {
        text.to_owned()
    };
    Some(plain(&masked))
}

fn without_labelled(body: &[u8], mask: &Arc<Mask>) -> Result<Vec<u8>, Unmaskable> {
    let mut masker = Masker::new(mask, |_| false);
    let mut rest = Vec::with_capacity(body.len());
    masker.feed(body, &mut rest)?;
    masker.finish()?;
    Ok(rest)
}

/// What is shown of a target: all of it, with the values of secret parameters masked. There is
/// nothing in a target that would not be seen.
pub fn shown_target(target: &Target) -> String {
    match target.query() {
        Some(query) => format!("{}?{}", target.path(), mask_form(query)),
        None => target.path().to_owned(),
    }
}

/// Whether what goes by this name is a secret.
fn is_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SECRETS.iter().any(|secret| name.contains(secret)) || SECRET_NAMES.contains(&name.as_str())
}

fn mask_form(text: &str) -> String {
    let masked = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(&decoded(name)) => format!("{name}={MASKED}"),
        _ => pair.to_owned(),
    });
    masked.collect::<Vec<_>>().join("&")
}

/// A name with its percent-encodings read; what is none stays.
fn decoded(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let digits = tail.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => out.push(*first),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Masks the values of secret members in what is known to be JSON.
fn mask_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let (before, string) = rest.split_at(start);
        out.push_str(before);
        let (string, after) = split_string(string);
        out.push_str(string);
        rest = after;
        let value = after.trim_start();
        let Some(value) = value.strip_prefix(':') else { continue };
        let name: String = serde_json::from_str(string).unwrap_or_default();
        if is_secret(&name) {
            out.push_str(": \"");
            out.push_str(MASKED);
            out.push('"');
            rest = skip_value(value.trim_start());
        }
    }
    out.push_str(rest);
    out
}

/// A JSON string with its quotation marks, and what follows it.
fn split_string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    text.split_at_checked(end.map_or(text.len(), |end| end + 2)).unwrap_or((text, ""))
}

/// What follows the JSON value that the text begins with.
fn skip_value(text: &str) -> &str {
    if text.starts_with('"') {
        return split_string(text).1;
    }
    if !text.starts_with(['{', '[']) {
        return text.find([',', '}', ']']).and_then(|end| text.get(end..)).unwrap_or("");
    }
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(next) = rest.find(['"', '{', '[', '}', ']']) {
        let (_, found) = rest.split_at(next);
        if found.starts_with('"') {
            rest = split_string(found).1;
            continue;
        }
        depth = if found.starts_with(['{', '[']) { depth + 1 } else { depth.saturating_sub(1) };
        rest = found.get(1..).unwrap_or_default();
        if depth == 0 {
            break;
        }
    }
    rest
}

/// The beginning of a text, with everything escaped that is not seen, or turns around what is.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MOST_BYTES));
    for (place, character) in text.char_indices() {
        if out.len() >= MOST_BYTES {
            // Writing to a String cannot fail.
            let _ = write!(out, "… and {} bytes more", text.len() - place);
            break;
        }
        let is_line = matches!(character, '\n' | '\t');
        if (character.is_control() && !is_line) || is_widthless(character) {
            let _ = write!(out, "{}", character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_contract::document::Document;
    use proptest::prelude::*;

    fn check(body: &str, content_type: Option<&str>, expected: &str) {
        assert_eq!(shown(body.as_bytes(), content_type, None).as_deref(), Some(expected), "{body}");
    }

    #[test]
    fn secrets_are_masked_wherever_they_are_in_json() {
        for (body, expected) in [
            (r#"{"amount":5}"#, r#"{"amount":5}"#),
            (r#"{"password":"x","a":1}"#, r#"{"password": "[masked]","a":1}"#),
            (r#"{"Api-Key" : {"x":["}"]} ,"a":1}"#, r#"{"Api-Key": "[masked]" ,"a":1}"#),
            (r#"[{"access_token":[1,2]},3]"#, r#"[{"access_token": "[masked]"},3]"#),
            (r#"{"a":{"clientSecret":null}}"#, r#"{"a":{"clientSecret": "[masked]"}}"#),
            (r#"{"p\u0061ssword":"x"}"#, r#"{"p\u0061ssword": "[masked]"}"#),
            (r#"{"a":"\"password\":1"}"#, r#"{"a":"\"password\":1"}"#),
            (r#"{"a\\":"password","b":1}"#, r#"{"a\\":"password","b":1}"#),
            (r#"{"pin":1234}"#, r#"{"pin": "[masked]"}"#),
            (r#"{"shipping":"x"}"#, r#"{"shipping":"x"}"#),
            (r#""password""#, r#""password""#),
        ] {
            check(body, None, expected);
        }
    }

    #[test]
    fn what_is_there_twice_is_seen_twice_and_numbers_are_whole() {
        let body = r#"{"amount":1,"amount":1000000.000000000000000001}"#;
        check(body, Some("application/json"), body);
    }

    #[test]
    fn what_is_labelled_is_masked_and_what_cannot_be_told_is_not_shown() {
        let body = serde_json::json!({"properties": {
            "email": {"x-bailiwick": {"label": "pii"}}, "note": {}, "token": {},
        }});
        let body = serde_json::json!({"content": {"application/json": {"schema": body}}});
        let document = serde_json::json!({"openapi": "3.1.0", "paths": {
            "/people": {"post": {"requestBody": body}, "get": {}},
        }});
        let document = Document::read(document.to_string().as_bytes()).unwrap();
        let [get, post] = &document.operations[..] else { panic!() };
        assert!(get.body_mask.is_empty());
        let check = |body: &str, expected: &str| {
            let found = shown(body.as_bytes(), None, Some(&post.body_mask));
            assert_eq!(found.as_deref(), Some(expected), "{body}");
        };
        let body = r#"{"email":{"to":"a@b"},"note":"x","token":"t","em\u0061il":1}"#;
        let expected = r#"{"email":"***","note":"x","token": "[masked]","em\u0061il":"***"}"#;
        check(body, expected);
        check("email=a@b", "9 bytes that are not the JSON described");
        check(r#"{"email":"a"#, "11 bytes that are not the JSON described");
    }

    #[test]
    fn forms_are_masked_by_field() {
        let form = Some("application/x-www-form-urlencoded; charset=utf-8");
        check("a=1&password=x&%70in=2", form, "a=1&password=[masked]&%70in=[masked]");
        check("password=x", None, "password=x");
    }

    #[test]
    fn parameters_that_are_secrets_are_masked() {
        for (target, expected) in [
            ("/a", "/a"),
            ("/a?", "/a?"),
            ("/a?to=7&x", "/a?to=7&x"),
            (
                "/a?api_key=x&%61ccess_token=y=z&token",
                "/a?api_key=[masked]&%61ccess_token=[masked]&token",
            ),
        ] {
            assert_eq!(shown_target(&Target::parse(target).unwrap()), expected);
        }
    }

    #[test]
    fn text_that_would_not_be_seen_is_escaped_and_bytes_are_counted() {
        check("a\u{202e}b\u{0}\r\nc", None, "a\\u{202e}b\\u{0}\\u{d}\nc");
        check("a\u{34f}\u{200d}\u{e0800}", None, "a\\u{34f}\\u{200d}\\u{e0800}");
        assert_eq!(shown(&[0xff, 0xfe], None, None).as_deref(), Some("2 bytes that are no text"));
        assert_eq!(shown(b"", None, None), None);
        let long = shown("ä".repeat(20_000).as_bytes(), None, None).unwrap();
        assert!(long.ends_with("… and 23616 bytes more") && long.len() < MOST_BYTES + 40);
    }

    proptest! {
        #[test]
        fn no_secret_is_seen_and_nothing_else_is_lost(
            value in "[a-z\"\\\\{}:, \u{e4}]{0,12}", other in "[a-z\"\\\\{}:,]{0,12}",
        ) {
            let hidden = format!("HIDDEN{value}");
            let body = serde_json::json!({ "a": { "x_token": hidden }, "other": other });
            let text = shown(body.to_string().as_bytes(), None, None).unwrap();
            prop_assert!(!text.contains("HIDDEN"), "{}", text);
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read["other"].as_str(), Some(other.as_str()));
        }

        #[test]
        fn no_bytes_make_it_panic(body: Vec<u8>, text in "[\"{}\\[\\]:,\\\\pin0]{0,40}") {
            let _ = shown(&body, None, None);
            let _ = shown(text.as_bytes(), None, None);
            let _ = mask_json(&text);
            let _ = mask_form(&text);
        }
    }
}
