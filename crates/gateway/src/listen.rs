//! Listeners: one runtime a core, each accepting, checking and forwarding by itself.

pub mod accept;
mod beside;
mod card;
mod door;
pub mod gateway;
pub mod health;
pub mod local;
mod possession;
mod resource;
mod screen;
pub mod tls;
pub mod unstartable;
