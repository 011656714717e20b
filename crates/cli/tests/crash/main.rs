//! The real program, ended in the middle of its work: nothing that reached an upstream is
//! forgotten.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "real processes keep real time, and what does not hold is a failed test"
)]

mod full_disk;
mod installation;
mod killed;
