//! The transparency log as mathematics: what a record says, and how anyone can check that none was
//! changed, removed or slipped in.
//!
//! Knows: the canonical text of a record, the Merkle tree over records, the files it is published
//! as, signed checkpoints and self-contained proofs. Never knows: sockets, databases, directories,
//! or where time comes from; files arrive through [`tile::Tiles`].
//!
//! Start reading at [`entry`], what is logged; then [`merkle`], why it cannot be changed; then
//! [`verify`], which checks a whole ledger and is all that an auditor has to trust.

pub mod canonical;
pub mod checkpoint;
pub mod entry;
pub mod grow;
mod members;
pub mod merkle;
pub mod proof;
pub mod summary;
pub mod tile;
pub mod verify;

#[cfg(test)]
mod sample;
