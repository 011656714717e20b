//! Reads the members of an object in canonical form (RFC 8785), one after the other, where they
//! lie: nothing is copied, and what nobody asks for is stepped over.

use std::borrow::Cow;

/// The text is not an object in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The members of one object, in order; each name comes after the one before.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    rest: &'a [u8],
    before: Option<&'a [u8]>,
}

/// The text of a member's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a>(&'a [u8]);

impl<'a> Members<'a> {
    /// The members of the object that is all of `text`.
    pub(crate) fn of(text: &'a [u8]) -> Result<Self, Malformed> {
        let rest = text.strip_prefix(b"{").ok_or(Malformed)?;
        Ok(Self { rest, before: None })
    }

    /// The next member; nothing after the last one.
    pub(crate) fn next(&mut self) -> Result<Option<(&'a [u8], Value<'a>)>, Malformed> {
        let rest = match (self.rest, self.before) {
            (b"}", _) => return Ok(None),
            ([b',', rest @ ..], Some(_)) | (rest, None) => rest,
            (_, Some(_)) => return Err(Malformed),
        };
        let (name, rest) = rest.split_at_checked(string_end(rest)?).ok_or(Malformed)?;
        let name = name.get(1..name.len().saturating_sub(1)).ok_or(Malformed)?;
        if self.before.is_some_and(|before| before >= name) {
            return Err(Malformed);
        }
        let rest = rest.strip_prefix(b":").ok_or(Malformed)?;
        let (value, rest) = rest.split_at_checked(value_end(rest)?).ok_or(Malformed)?;
        self.rest = rest;
        self.before = Some(name);
        Ok(Some((name, Value(value))))
    }
}

impl<'a> Value<'a> {
    /// The members of the object that it is.
    pub(crate) fn members(self) -> Result<Members<'a>, Malformed> {
        Members::of(self.0)
    }

    /// The string that it is: borrowed, unless characters are escaped in it.
    pub(crate) fn string(self) -> Result<Cow<'a, str>, Malformed> {
        let inside = self.0.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        let inside = inside.ok_or(Malformed)?;
        if inside.contains(&b'\\') {
            return serde_json::from_slice(self.0).map(Cow::Owned).map_err(|_| Malformed);
        }
        std::str::from_utf8(inside).map(Cow::Borrowed).map_err(|_| Malformed)
    }

    /// The strings of the list that it is.
    pub(crate) fn strings(self) -> Result<Vec<Cow<'a, str>>, Malformed> {
        let mut rest = self.0.strip_prefix(b"[").ok_or(Malformed)?;
        let mut strings = Vec::new();
        while rest != b"]" {
            if !strings.is_empty() {
                rest = rest.strip_prefix(b",").ok_or(Malformed)?;
            }
            let (string, after) = rest.split_at_checked(string_end(rest)?).ok_or(Malformed)?;
            strings.push(Value(string).string()?);
            rest = after;
        }
        Ok(strings)
    }

    /// The whole number that it is.
    pub(crate) fn integer(self) -> Result<u64, Malformed> {
        let number = std::str::from_utf8(self.0).map_err(|_| Malformed)?;
        number.parse().map_err(|_| Malformed)
    }
}

/// Where the string ends that the text begins with.
fn string_end(text: &[u8]) -> Result<usize, Malformed> {
    if text.first() != Some(&b'"') {
        return Err(Malformed);
    }
    let mut end = 1;
    loop {
        let rest = text.get(end..).ok_or(Malformed)?;
        let place = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(Malformed)?;
        end += place + 1;
        if rest.get(place) == Some(&b'"') {
            return Ok(end);
        }
        end += 1;
    }
}

/// Where the value ends that the text begins with.
fn value_end(text: &[u8]) -> Result<usize, Malformed> {
    match text.first() {
        Some(b'"') => string_end(text),
        Some(b'{' | b'[') => nested_end(text),
        Some(b'-' | b'0'..=b'9' | b'f' | b'n' | b't') => {
            let plain =
                |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
            text.iter().position(|byte| !plain(byte)).ok_or(Malformed)
        }
        Some(_) | None => Err(Malformed),
    }
}

/// Where the object or array ends that the text begins with.
fn nested_end(text: &[u8]) -> Result<usize, Malformed> {
    let (mut depth, mut end) = (0_usize, 0);
    loop {
        let rest = text.get(end..).ok_or(Malformed)?;
        match rest.first().ok_or(Malformed)? {
            b'"' => end += string_end(rest)?,
            b'{' | b'[' => (depth, end) = (depth + 1, end + 1),
            b'}' | b']' => (depth, end) = (depth - 1, end + 1),
            _ => end += 1,
        }
        if depth == 0 {
            return Ok(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Result<Vec<String>, Malformed> {
        let mut members = Members::of(text.as_bytes())?;
        let mut names = Vec::new();
        while let Some((name, _)) = members.next()? {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
        Ok(names)
    }

    #[test]
    fn members_are_found_whatever_lies_between_them() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(names(text).unwrap(), expected, "{text}");
        };
        check("{}", &[]);
        check(r#"{"a":1}"#, &["a"]);
        check(r#"{"a":"\"}","b":{"c":["}",{"d":-1}]},"e":[],"f":true}"#, &["a", "b", "e", "f"]);
        check(r#"{"a":"\\","b":""}"#, &["a", "b"]);
    }

    #[test]
    fn what_is_no_object_in_canonical_form_is_refused() {
        for text in [
            "",
            "{",
            "[]",
            "1",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"a":1}}"#,
            r#"{"a":1} "#,
            r#"{"a":1"b":2}"#,
            r#"{"b":1,"a":2}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a": 1}"#,
            r#"{"a":"x}"#,
            r#"{"a":"x\"}"#,
            r#"{"a":[1}"#,
            r#"{"a":{}"#,
            r"{a:1}",
            r#"{"a":x}"#,
        ] {
            assert_eq!(names(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn values_are_what_they_say() {
        let first =
            |text: &'static str| Members::of(text.as_bytes()).unwrap().next().unwrap().unwrap().1;
        assert_eq!(first(r#"{"a":"é"}"#).string(), Ok(Cow::Borrowed("é")));
        assert_eq!(first(r#"{"a":"\"\u0000"}"#).string(), Ok(Cow::Borrowed("\"\0")));
        assert_eq!(first(r#"{"a":1}"#).string(), Err(Malformed));
        assert_eq!(first(r#"{"a":17}"#).integer(), Ok(17));
        assert_eq!(first(r#"{"a":-1}"#).integer(), Err(Malformed));
        assert_eq!(first(r#"{"a":18446744073709551616}"#).integer(), Err(Malformed));
        assert!(first(r#"{"a":[]}"#).members().is_err());
        let strings = |text| first(text).strings().map(|found| found.join("|"));
        assert_eq!(strings(r#"{"a":[]}"#), Ok(String::new()));
        assert_eq!(strings(r#"{"a":["b","]\"c"]}"#), Ok("b|]\"c".to_owned()));
        for wrong in [r#"{"a":["b",1]}"#, r#"{"a":["b""c"]}"#, r#"{"a":{}}"#, r#"{"a":[,]}"#] {
            assert_eq!(strings(wrong), Err(Malformed), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            text in r#"\{("[a-b\\"]{0,3}"[:,]|[\[\]{},0-9:]){0,9}\}?"#
        ) {
            let _ = names(&text);
        }
    }
}
