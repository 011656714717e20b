//! `Forwarded` (RFC 7239): whom each proxy forwarded for.

use bailiwick_domain::denial::Denial;
use http::header::{GetAll, HeaderValue};

const UNREADABLE: Denial = Denial::RequestMalformed("Forwarded cannot be read");

/// The `for` of each element, in order, quotes taken off; empty where an element has none. The
/// whole field has to be well-formed: a quote left open on the left would swallow what stands right
/// of it.
pub(super) fn nodes(lines: GetAll<'_, HeaderValue>) -> Result<Vec<&str>, Denial> {
    let mut nodes = Vec::new();
    for line in lines {
        let line = line.to_str().map_err(|_| UNREADABLE)?;
        for element in split(line, ',')? {
            if !element.is_empty() {
                nodes.push(find_for(element)?);
            }
        }
    }
    Ok(nodes)
}

/// The `for` of one element: at most once, as no parameter occurs twice (section 4).
fn find_for(element: &str) -> Result<&str, Denial> {
    let mut found = None;
    for pair in split(element, ';')? {
        let (name, value) = pair.split_once('=').ok_or(UNREADABLE)?;
        if name.eq_ignore_ascii_case("for") && found.replace(unquote(value)?).is_some() {
            return Err(UNREADABLE);
        }
    }
    Ok(found.unwrap_or_default())
}

/// The inside of a quoted string without escapes, which no address needs, or a token as it is.
fn unquote(value: &str) -> Result<&str, Denial> {
    let Some(rest) = value.strip_prefix('"') else { return Ok(value) };
    let inside = rest.strip_suffix('"').ok_or(UNREADABLE)?;
    if inside.contains(['"', '\\']) { Err(UNREADABLE) } else { Ok(inside) }
}

/// Splits where the separator stands outside a quoted string (RFC 9110, section 5.6.4).
fn split(text: &str, separator: char) -> Result<Vec<&str>, Denial> {
    let (mut quoted, mut escaped) = (false, false);
    let separates = |character: char| {
        let inside = quoted;
        if escaped {
            escaped = false;
        } else if quoted && character == '\\' {
            escaped = true;
        } else if character == '"' {
            quoted = !quoted;
        }
        !inside && character == separator
    };
    let parts = text.split(separates).map(str::trim).collect();
    if quoted { Err(UNREADABLE) } else { Ok(parts) }
}
