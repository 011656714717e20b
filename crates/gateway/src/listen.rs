//! Listeners: one runtime a core, each accepting, checking and forwarding by itself.

pub mod accept;
pub mod gateway;
pub mod health;
pub mod local;
mod screen;
mod tls;
pub mod unstartable;
