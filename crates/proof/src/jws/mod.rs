//! Compact JSON Web Signatures (RFC 7515), read strictly: the algorithm pinned by the key
//! (RFC 8725, sections 3.1 and 3.2), nothing in a token choosing the key but its name, no member
//! named twice, and no header member that changes what the token means.

mod compact;
mod token;

pub use compact::MAX_BYTES;
pub(crate) use compact::{Compact, Unreadable, algorithm_name, write};
pub use token::{Decoded, Header, decode, header, sign, verify};
