//! What holds for every input, not only for the cases of `vectors/`.

#![cfg(test)]

mod any;
mod derived;
mod digest;
mod dpop;
mod issuer;
mod keys;
mod message;
mod token;
mod wallet;
mod webhook;
