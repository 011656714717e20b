//! What the browser says that it asked the authenticator for (Web Authentication, section 5.8.1).

use serde_json::Value;

use super::refused::Refused;
use crate::{base64url, json};

/// The longest, in bytes.
const MAX_BYTES: usize = 4_096;

/// Holds `clientDataJSON` against what was asked: ceremony, challenge and origin (sections 7.1 and
/// 7.2, steps 7 to 11). Nothing that was given inside a frame of another site is taken.
pub(super) fn check(
    text: &[u8],
    ceremony: &str,
    challenge: &[u8],
    origin: &str,
) -> Result<(), Refused> {
    if text.len() > MAX_BYTES {
        return Err(Refused::Malformed("the client data is longer than 4096 bytes"));
    }
    let members = json::object(text).ok_or(Refused::Malformed("the client data is no object"))?;
    let member = |name: &str| members.get(name).and_then(Value::as_str);
    if member("type") != Some(ceremony) {
        return Err(Refused::Ceremony);
    }
    if member("challenge") != Some(base64url::encode(challenge).as_str()) {
        return Err(Refused::Challenge);
    }
    let framed = !matches!(members.get("crossOrigin"), None | Some(Value::Bool(false)));
    if member("origin") != Some(origin) || framed || members.contains_key("topOrigin") {
        return Err(Refused::Origin);
    }
    Ok(())
}
