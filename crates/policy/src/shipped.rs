//! The policies that are in force until an operator puts others in their place.

use crate::source::Source;

/// The shipped policies, a file each.
pub const SHIPPED: [Source<'static>; 4] = [
    Source { name: "within-scopes.cedar", text: include_str!("../policies/within-scopes.cedar") },
    Source { name: "read-first.cedar", text: include_str!("../policies/read-first.cedar") },
    Source { name: "copilot.cedar", text: include_str!("../policies/copilot.cedar") },
    Source { name: "autonomous.cedar", text: include_str!("../policies/autonomous.cedar") },
];

/// The schema that every policy is held against.
pub const SCHEMA: &str = crate::schema::TEXT;
