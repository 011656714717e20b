//! The real program, ended in the middle of its work: nothing that reached an upstream is forgotten.

#![allow(clippy::disallowed_methods, reason = "real processes keep real time")]

mod full_disk;
mod installation;
mod killed;
