//! Petitions: what clients ask of people who are not at the client's own browser. A device shows a
//! code, and whoever enters it decides (RFC 8628); or the client names the person, who finds the
//! petition among their own (CIBA Core 1.0). The client comes back until it is decided.

pub(crate) mod asked;
pub(crate) mod backchannel;
pub(crate) mod decide;
pub(crate) mod device;
pub(crate) mod notification;
pub(crate) mod ping;
pub(crate) mod user_code;
