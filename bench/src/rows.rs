//! What the table has rows for.

/// One row: a peer, how it is called, and what it is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it measures, in words.
    pub(crate) what: &'static str,
    /// Who answers.
    pub(crate) kind: Kind,
    /// The row it is compared with, and the most it may cost as a multiple of that.
    pub(crate) target: Option<(&'static str, f64)>,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// nginx, plain.
    Nginx,
    /// Envoy, plain.
    Envoy,
    /// Envoy with the duties nearest to the gateway's.
    Duties,
    /// The gateway, forwarding only.
    Forwarding,
    /// The gateway with everything on.
    Gateway,
    /// The same gateway, asked by an Envoy in front of the upstream; counted is the gateway.
    Beside,
}

/// All rows, in the order of the table.
pub(crate) const ROWS: &[Row] = &[
    Row { name: "nginx", what: "nginx, plain reverse proxy", kind: Kind::Nginx, target: None },
    Row { name: "envoy", what: "Envoy, plain reverse proxy", kind: Kind::Envoy, target: None },
    Row {
        name: "envoy-duties",
        what: "Envoy, cached ES256 token + RBAC + rate limit + JSON access log",
        kind: Kind::Duties,
        target: None,
    },
    Row {
        name: "forwarding",
        what: "gateway, forwarding alone (constant permit)",
        kind: Kind::Forwarding,
        target: Some(("nginx", 1.25)),
    },
    Row {
        name: "bearer",
        what: "gateway, bearer token seen before + scope + limits + ledger",
        kind: Kind::Gateway,
        target: Some(("envoy-duties", 0.22)),
    },
    Row {
        name: "hmac",
        what: "gateway, HMAC signature + nonce + digest + scope + limits + ledger",
        kind: Kind::Gateway,
        target: Some(("envoy-duties", 0.25)),
    },
    Row {
        name: "ed25519",
        what: "gateway, Ed25519 signature + nonce + digest + scope + limits + ledger",
        kind: Kind::Gateway,
        target: Some(("envoy-duties", 0.52)),
    },
    Row {
        name: "ecdsa",
        what: "gateway, ECDSA P-256 signature + nonce + digest + scope + limits + ledger",
        kind: Kind::Gateway,
        target: None,
    },
    Row {
        name: "beside",
        what: "gateway beside Envoy, ext_authz over gRPC with the body; Ed25519 and all the rest",
        kind: Kind::Beside,
        target: Some(("ed25519", 1.3)),
    },
];
