//! A sign-in that a browser has begun at a provider and not finished. All that is to be remembered
//! of it is in a cookie of that browser, and all that the provider is sent is derived from that
//! cookie's secret: an answer fits only the browser that asked, and only the question it asked
//! (RFC 9700, section 2.1; RFC 7636).

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::MacKey;
use bailiwick_proof::opaque::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::fault::Fault;

/// How long a person may take at the provider, in seconds.
pub(crate) const ATTEMPT_SECONDS: i64 = 600;

/// What a browser has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The way: its name in the configuration.
    pub(crate) way: String,
    /// Where to go on after.
    pub(crate) return_to: String,
    /// Whether the person has to prove themselves anew.
    pub(crate) again: bool,
    /// When it began, whole seconds.
    pub(crate) began_at: Timestamp,
}

/// An attempt with what is sent along for it.
#[derive(Debug)]
pub(crate) struct Begun {
    /// What was begun.
    pub(crate) attempt: Attempt,
    /// The value of the browser's cookie.
    pub(crate) cookie: String,
    secret: MacKey,
    told: String,
}

impl Begun {
    /// Begins an attempt.
    pub(crate) fn new(attempt: &Attempt, entropy: &Entropy) -> Result<Self, Fault> {
        let told = attempt.tell();
        let cookie = format!("{}.{told}", URL_SAFE_NO_PAD.encode(entropy.bytes::<32>()));
        Self::read(&cookie).ok_or(Fault::Corrupt("a sign-in that was just begun"))
    }

    /// Reads it out of a cookie; nothing when that is none, however it came about.
    pub(crate) fn read(cookie: &str) -> Option<Self> {
        let (secret, told) = cookie.split_once('.')?;
        let key = URL_SAFE_NO_PAD.decode(secret).ok().filter(|secret| secret.len() == 32)?;
        let secret = MacKey::new(&key).ok()?;
        let attempt = Attempt::read(told)?;
        Some(Self { attempt, cookie: cookie.to_owned(), secret, told: told.to_owned() })
    }

    /// `state`: that the answer is for this browser, and for this question.
    pub(crate) fn state(&self) -> String {
        self.derive("state")
    }

    /// Whether an answer carries it; takes the same time wherever it differs.
    pub(crate) fn knows(&self, state: &str) -> bool {
        let tag = URL_SAFE_NO_PAD.decode(state);
        tag.is_ok_and(|tag| self.secret.verify(self.subject("state").as_bytes(), &tag).is_ok())
    }

    /// `nonce`: that the ID token is, too.
    pub(crate) fn nonce(&self) -> String {
        self.derive("nonce")
    }

    /// `code_verifier`: that whoever redeems the code asked for it (RFC 7636, section 4.1).
    pub(crate) fn verifier(&self) -> String {
        self.derive("verifier")
    }

    /// `code_challenge` by `S256` (RFC 7636, section 4.2).
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(self.verifier().as_bytes()))
    }

    /// What an authenticator is asked to sign.
    pub(crate) fn passkey_challenge(&self) -> Vec<u8> {
        self.secret.sign(self.subject("passkey").as_bytes())
    }

    /// A number that nobody else has: names whoever comes in with this attempt.
    pub(crate) fn unique(&self) -> u128 {
        let tag = self.secret.sign(self.subject("person").as_bytes());
        tag.iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
    }

    fn derive(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.secret.sign(self.subject(what).as_bytes()))
    }

    fn subject(&self, what: &str) -> String {
        format!("bailiwick sign-in {what}\n{}", self.told)
    }
}

impl Attempt {
    /// Whether it may still be finished.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        let until = self.began_at.plus_seconds(ATTEMPT_SECONDS);
        (self.began_at..until).contains(&now)
    }

    fn tell(&self) -> String {
        let return_to = URL_SAFE_NO_PAD.encode(&self.return_to);
        let again = u8::from(self.again);
        format!("{}.{again}.{}.{return_to}", self.began_at.as_seconds(), self.way)
    }

    fn read(told: &str) -> Option<Self> {
        let mut parts = told.split('.');
        let began_at = parts.next()?.parse().ok().map(Timestamp::from_seconds)?;
        let again = match parts.next()? {
            "0" => false,
            "1" => true,
            _ => return None,
        };
        let way = parts.next()?.to_owned();
        let return_to = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let return_to = String::from_utf8(return_to).ok()?;
        parts.next().is_none().then_some(Self { way, return_to, again, began_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(seed: u8) -> Begun {
        let attempt = Attempt {
            way: "acme".to_owned(),
            return_to: "/me/grants?x=1.2".to_owned(),
            again: true,
            began_at: Timestamp::from_seconds(1_000),
        };
        Begun::new(&attempt, &Entropy::new(move |buffer| buffer.fill(seed))).unwrap()
    }

    #[test]
    fn an_answer_fits_the_browser_and_the_question_it_was_asked_with() {
        let (mine, other) = (begun(1), begun(2));
        let read = Begun::read(&mine.cookie).unwrap();
        assert_eq!(read.attempt, mine.attempt);
        assert!(read.knows(&mine.state()) && !other.knows(&mine.state()));
        assert_eq!(mine.verifier().len(), 43);
        let all = [mine.state(), mine.nonce(), mine.verifier(), mine.challenge()];
        assert!(all.iter().enumerate().all(|(place, one)| !all[place + 1..].contains(one)));
        let bent = mine.cookie.replace(".1.acme.", ".0.acme.");
        assert!(!Begun::read(&bent).unwrap().knows(&mine.state()));
        assert!(!mine.knows("") && !mine.knows(&mine.nonce()));
    }

    #[test]
    fn a_cookie_that_is_none_is_no_attempt() {
        let cookie = begun(1).cookie;
        let short = cookie.replacen('A', "", 1);
        for text in ["", ".", "x", &cookie[1..], &short, &format!("{cookie}.x"), "A.1.0.a.b"] {
            assert!(Begun::read(text).is_none(), "{text}");
        }
        assert!(begun(1).attempt.is_open(Timestamp::from_seconds(1_599)));
        for closed in [999, 1_600] {
            assert!(!begun(1).attempt.is_open(Timestamp::from_seconds(closed)));
        }
    }
}
