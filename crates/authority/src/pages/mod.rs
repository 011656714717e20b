//! What people see in a browser. Pages are made here, escaped by the templates, and work without
//! any script unless they say so.
//!
//! A page is a template over [`layout::Frame`], shown with [`layout::show`]. A handler that takes
//! [`visit::Visit`] runs only for somebody who signed in, and one that takes [`visit::Posted`] only
//! for a form that this authority showed them.

pub(crate) mod approval;
pub(crate) mod approvals;
pub(crate) mod asked;
pub(crate) mod assets;
pub(crate) mod authorize;
pub(crate) mod consent;
mod deeds;
pub(crate) mod device;
pub(crate) mod form;
pub(crate) mod grants;
pub(crate) mod layout;
pub(crate) mod me;
pub(crate) mod policy;
pub(crate) mod refused;
pub(crate) mod requests;
pub(crate) mod return_to;
pub(crate) mod routes;
pub(crate) mod sign_in;
pub(crate) mod sign_in_passkey;
pub(crate) mod sign_in_with;
pub(crate) mod sign_out;
pub(crate) mod surround;
pub(crate) mod visit;
pub(crate) mod welcome;
