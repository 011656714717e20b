//! A token as it is given, and why it is not taken.

use std::io::Read;

use bailiwick_domain::denial::Denial;

use crate::failure::Failure;

/// The token itself, or with `-` what standard input holds.
pub(super) fn read(token: &str) -> Result<String, Failure> {
    if token != "-" {
        return Ok(token.to_owned());
    }
    let mut text = String::new();
    let read = std::io::stdin().take(65_536).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    Ok(text.trim().to_owned())
}

/// A denial of the product's own checks, as a failure of the command.
pub(super) fn denied(denial: &Denial) -> Failure {
    let title = denial.title().trim_end_matches('.');
    let failure = match denial.detail() {
        Some(detail) => Failure::refused(format!("{title}: {detail}")),
        None => Failure::refused(title),
    };
    failure.code(denial.code())
}
