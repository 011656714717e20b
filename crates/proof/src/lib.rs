//! Bytes and keys in, verified value out.
//!
//! Knows: the closed list of algorithms, keys as JWK, HTTP message signatures (RFC 9421), digest
//! fields (RFC 9530), compact JWS (RFC 7515) and the tokens made of it, this product's and other
//! issuers', DPoP (RFC 9449), wallets' signatures (ERC-8128), certificates, the simple form of a
//! signed request, who signed the card of an agent, derived keys, passkeys and secrets carried as
//! they are. Never knows: sockets,
//! the database, which agent a key belongs to, or the time; the present arrives as an argument.
//! Everything an attacker chooses is bounded before it costs, and no input makes it panic.
//!
//! Start reading at [`message::Presented`]: what one request's signature goes through.

mod base64url;
pub mod bot;
pub mod card_signature;
pub mod certificate;
pub mod derived;
pub mod digest;
pub mod directory;
pub mod dpop;
mod hex;
pub mod hook;
pub mod json;
pub mod jws;
pub mod jwt;
pub mod keys;
pub mod message;
pub mod opaque;
pub mod passkey;
pub mod sign;
pub mod wallet;
pub mod webhook;
