//! Which reason is given when no candidate wins (ERC-8128, section 4.2).

use super::refused::Refused;

/// The reasons of candidates that failed, in the order of the field.
#[derive(Debug, Clone, Copy, Default)]
pub struct Failures {
    first: Option<Refused>,
    unavailable: bool,
}

impl Failures {
    /// Adds the next candidate's.
    pub fn add(&mut self, refused: Refused) {
        self.unavailable |= refused == Refused::SignatureVerificationUnavailable;
        self.first = self.first.or(Some(refused));
    }

    /// That verification was unavailable, if it was for any; else the first candidate's own.
    pub fn reason(self) -> Refused {
        match self.first {
            _ if self.unavailable => Refused::SignatureVerificationUnavailable,
            Some(first) => first,
            None => Refused::NoAcceptableSignature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(added: &[Refused], expected: Refused) {
        let mut failures = Failures::default();
        for refused in added {
            failures.add(*refused);
        }
        assert_eq!(failures.reason(), expected, "{added:?}");
    }

    #[test]
    fn unavailability_comes_before_the_first_reason() {
        check(&[], Refused::NoAcceptableSignature);
        check(&[Refused::BadSignature, Refused::InvalidTime], Refused::BadSignature);
        let unavailable = Refused::SignatureVerificationUnavailable;
        check(&[Refused::BadSignature, unavailable], unavailable);
        check(&[unavailable, Refused::InvalidTime], unavailable);
    }
}
