//! The value of a covered field (RFC 9421, section 2.1).

use bailiwick_domain::denial::Denial;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::HeaderName;
use sfv::{Dictionary, FieldType as _, List, ListEntry, Parser};

use super::component::{Form, Structure};

/// The most bytes of a field that is read as a structure.
const MAX_STRUCTURED_BYTES: usize = 16 * 1024;

/// Writes the value in the form in which it is covered. A field that is not there, or not of the
/// structure its form needs, cannot be covered.
pub(super) fn write(
    headers: &HeaderMap,
    name: &HeaderName,
    form: &Form,
    out: &mut Vec<u8>,
) -> Result<(), Denial> {
    if !headers.contains_key(name) {
        return Err(Denial::SignatureInvalid);
    }
    match form {
        Form::Plain => write_lines(headers, name, out),
        Form::Bytes => write_bytes(headers, name, out),
        Form::Strict(structure) => {
            let text = strict(&joined(headers, name)?, *structure)?;
            out.extend_from_slice(text.as_bytes());
        }
        Form::Member(key) => {
            let text = member(&joined(headers, name)?, key)?;
            out.extend_from_slice(text.as_bytes());
        }
    }
    Ok(())
}

fn write_lines(headers: &HeaderMap, name: &HeaderName, out: &mut Vec<u8>) {
    for (place, line) in headers.get_all(name).iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(line.as_bytes().trim_ascii());
    }
}

fn write_bytes(headers: &HeaderMap, name: &HeaderName, out: &mut Vec<u8>) {
    for (place, line) in headers.get_all(name).iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(b", ");
        }
        out.push(b':');
        out.extend_from_slice(STANDARD.encode(line.as_bytes().trim_ascii()).as_bytes());
        out.push(b':');
    }
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Result<Vec<u8>, Denial> {
    let mut lines = Vec::new();
    write_lines(headers, name, &mut lines);
    if lines.len() > MAX_STRUCTURED_BYTES {
        return Err(Denial::SignatureInvalid);
    }
    Ok(lines)
}

fn strict(value: &[u8], structure: Structure) -> Result<String, Denial> {
    let parser = Parser::new(value);
    let text = match structure {
        Structure::Dictionary => parser.parse::<Dictionary>().map(|read| read.serialize()),
        Structure::List => parser.parse::<List>().map(|read| read.serialize()),
    };
    text.ok().flatten().ok_or(Denial::SignatureInvalid)
}

fn member(value: &[u8], key: &str) -> Result<String, Denial> {
    let dictionary: Result<Dictionary, _> = Parser::new(value).parse();
    let dictionary = dictionary.map_err(|_| Denial::SignatureInvalid)?;
    match dictionary.get(key) {
        None => Err(Denial::SignatureInvalid),
        Some(ListEntry::Item(item)) => Ok(item.serialize()),
        Some(ListEntry::InnerList(list)) => {
            let text = List::from([ListEntry::InnerList(list.clone())]).serialize();
            text.ok_or(Denial::SignatureInvalid)
        }
    }
}
