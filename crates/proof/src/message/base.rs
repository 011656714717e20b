//! The signature base: the bytes that are signed (RFC 9421, section 2.5).

use bailiwick_domain::denial::Denial;

use super::component::{Component, Derived};
use super::input::Input;
use super::request::Request;
use super::{authority, field, query};

/// The base of this input over this request.
pub(super) fn build(input: &Input, request: &Request<'_>) -> Result<Vec<u8>, Denial> {
    let mut base = Vec::with_capacity(input.text.len().saturating_mul(2).saturating_add(512));
    for covered in &input.components {
        let identifier = input.text.get(covered.identifier.clone()).unwrap_or_default();
        base.extend_from_slice(identifier.as_bytes());
        base.extend_from_slice(b": ");
        write_value(&covered.component, request, &mut base)?;
        base.push(b'\n');
    }
    base.extend_from_slice(b"\"@signature-params\": ");
    base.extend_from_slice(input.text.as_bytes());
    Ok(base)
}

fn write_value(
    component: &Component,
    request: &Request<'_>,
    base: &mut Vec<u8>,
) -> Result<(), Denial> {
    let start = base.len();
    match component {
        Component::Derived(derived) => write_derived(*derived, request, base),
        Component::QueryParam(name) => query::write(request.query.unwrap_or(""), name, base)?,
        Component::Field(name, form) => field::write(request.headers, name, form, base)?,
    }
    // A line break would let one value speak for the next component.
    if base.get(start..).is_some_and(|value| value.contains(&b'\n')) {
        return Err(Denial::SignatureInvalid);
    }
    Ok(())
}

fn write_derived(derived: Derived, request: &Request<'_>, base: &mut Vec<u8>) {
    match derived {
        Derived::Method => base.extend_from_slice(request.method.as_bytes()),
        Derived::Scheme => write_scheme(request, base),
        Derived::Authority => authority::write(request.scheme, request.authority, base),
        Derived::TargetUri => {
            write_scheme(request, base);
            base.extend_from_slice(b"://");
            authority::write(request.scheme, request.authority, base);
            write_target(request, base);
        }
        Derived::RequestTarget => write_target(request, base),
        Derived::Path => write_path(request, base),
        Derived::Query => {
            base.push(b'?');
            base.extend_from_slice(request.query.unwrap_or("").as_bytes());
        }
    }
}

fn write_scheme(request: &Request<'_>, base: &mut Vec<u8>) {
    base.extend(request.scheme.bytes().map(|byte| byte.to_ascii_lowercase()));
}

fn write_path(request: &Request<'_>, base: &mut Vec<u8>) {
    let path = if request.path.is_empty() { "/" } else { request.path };
    base.extend_from_slice(path.as_bytes());
}

fn write_target(request: &Request<'_>, base: &mut Vec<u8>) {
    write_path(request, base);
    if let Some(query) = request.query {
        base.push(b'?');
        base.extend_from_slice(query.as_bytes());
    }
}
