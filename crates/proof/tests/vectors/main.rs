//! Every case below `vectors/` that is about proofs: bytes and keys in, a verdict out. The format
//! is described in `vectors/README.md`; other languages run the same files.

#![cfg(test)]

mod case;
mod certificate;
mod digest;
mod dpop;
mod jws;
mod keys;
mod message;
mod passkey;
mod svid;
mod token;
mod transaction;
mod wallet;
mod webhook;
mod workload;
