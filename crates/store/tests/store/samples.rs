//! Things to keep.

use bailiwick_domain::agent::{Agent, Kind, State};
use bailiwick_domain::credential::{Algorithm, Key, KeyState, Material};
use bailiwick_domain::id::{
    AgentId, InviteId, IssuerId, KeyId, OperatorId, PasskeyId, PersonId, ProjectId, SessionId,
};
use bailiwick_domain::invite::Invite;
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_domain::operator::Operator;
use bailiwick_domain::passkey::Passkey;
use bailiwick_domain::person::{Person, Role, Session, Standing};
use bailiwick_domain::project::{Project, Registration};
use bailiwick_domain::signing::Life;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::fast::{Bucket, Use};
use bailiwick_store::roots::Root;
use bailiwick_store::signing_keys::{Duty, SigningPublic, SigningSealed};

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// An agent with every optional thing absent.
pub(crate) fn agent(id: u128) -> Agent {
    Agent {
        id: AgentId::from_bits(id),
        project: "default".parse().unwrap(),
        name: format!("agent-{id}").parse().unwrap(),
        owner: "support".into(),
        purpose: String::new(),
        kind: Kind::Copilot,
        state: State::Active,
        scopes: "tickets:read".parse().unwrap(),
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: at(1),
        updated_at: at(2),
    }
}

/// The same with every optional thing there.
pub(crate) fn whole_agent(id: u128) -> Agent {
    Agent {
        purpose: "tests: it's \"quoted\"; -- and ünïcode".into(),
        kind: Kind::Autonomous,
        state: State::Suspended,
        scopes: "* tickets:read".parse().unwrap(),
        broad_because: Some("it moves in".into()),
        limit: Some("30/min".parse().unwrap()),
        networks: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        ..agent(id)
    }
}

pub(crate) fn project(name: &str) -> Project {
    Project {
        id: ProjectId::from_bits(name.bytes().map(u128::from).sum()),
        name: name.parse().unwrap(),
        description: "it's \"quoted\"".into(),
        registration: Registration::Ask,
        scopes: "tickets:read".parse().unwrap(),
        created_at: at(6),
        updated_at: at(7),
    }
}

pub(crate) fn key(id: u128, agent: u128) -> Key {
    Key {
        id: KeyId::from_bits(id),
        agent: AgentId::from_bits(agent),
        algorithm: Some(Algorithm::Ed25519),
        material: Material::PublicJwk("{\"kty\":\"OKP\"}".into()),
        thumbprint: format!("thumbprint-{id}"),
        scopes: None,
        networks: Vec::new(),
        expires_at: None,
        registered_by: None,
        state: KeyState::Active,
        created_at: at(3),
        last_used_at: None,
    }
}

pub(crate) fn shared_key(id: u128, agent: u128) -> Key {
    let material = Material::SealedSecret((0..=255).collect());
    Key { algorithm: Some(Algorithm::HmacSha256), material, ..key(id, agent) }
}

/// One key of every kind, from this id on.
pub(crate) fn every_kind(first: u128, agent: u128) -> Vec<Key> {
    let kinds = [
        Material::Wallet,
        Material::Certificate,
        Material::Spiffe,
        Material::Directory,
        Material::ApiKey,
        Material::Claims("{\"issuer\":\"https://issuer.test\"}".into()),
    ];
    let ids = (first + 2)..;
    let others = ids.zip(kinds).map(|(id, material)| Key {
        algorithm: None,
        material,
        scopes: Some("tickets:read".parse().unwrap()),
        expires_at: Some(at(9)),
        ..key(id, agent)
    });
    [key(first, agent), shared_key(first + 1, agent)].into_iter().chain(others).collect()
}

pub(crate) fn invite(id: u128, uses_left: u32) -> Invite {
    Invite {
        id: InviteId::from_bits(id),
        project: "default".parse().unwrap(),
        code_digest: digest(id),
        uses_left,
        scopes: "tickets:read".parse().unwrap(),
        expires_at: at(10_000),
        revoked_at: None,
        created_at: at(4),
    }
}

pub(crate) fn digest(id: u128) -> [u8; 32] {
    [id.to_be_bytes(), id.to_le_bytes()].concat().try_into().unwrap()
}

pub(crate) fn signing_key(id: &str, duty: Duty) -> SigningSealed {
    let public = SigningPublic {
        id: id.into(),
        duty,
        algorithm: Algorithm::EcdsaP256Sha256,
        jwk: "{}".into(),
        created_at: at(5),
        life: Life { signs_from: Some(at(6)), ..Life::default() },
    };
    SigningSealed { public, sealed: vec![0, 255, 7] }
}

pub(crate) fn used(agent: u128, operation: u64, limit: &str) -> Use {
    let bucket = Bucket { agent: AgentId::from_bits(agent), operation };
    Use { bucket, limit: limit.parse().unwrap() }
}

pub(crate) fn root(epoch: u32) -> Root {
    Root { epoch, sealed: (0..=255).collect(), created_at: at(4) }
}

pub(crate) fn trusted_issuer(id: u128) -> TrustedIssuer {
    TrustedIssuer {
        id: IssuerId::from_bits(id),
        url: format!("https://issuer-{id}.test"),
        audience: "https://authority.test".into(),
        person_scopes: None,
        created_at: at(4),
        ended_at: None,
    }
}

pub(crate) fn operator(id: u128) -> Operator {
    Operator {
        id: OperatorId::from_bits(id),
        name: "ci: it's \"quoted\"".into(),
        role: Role::Operator,
        created_at: at(1),
        revoked_at: None,
    }
}

pub(crate) fn person(id: u128) -> Person {
    Person {
        id: PersonId::from_bits(id),
        issuer: "https://id.test".into(),
        subject: format!("subject-{id}"),
        name: "Zoë".into(),
        email: Some("zoe@acme.example".into()),
        role: Some(Role::Viewer),
        state: Standing::Active,
        created_at: at(1),
    }
}

pub(crate) fn session(id: u128, person: u128) -> Session {
    Session {
        id: SessionId::from_bits(id),
        person: PersonId::from_bits(person),
        digest: digest(id),
        authenticated_at: at(1),
        last_seen_at: at(2),
        expires_at: at(1_000),
        ended_at: None,
    }
}

pub(crate) fn passkey(id: u128, person: u128) -> Passkey {
    Passkey {
        id: PasskeyId::from_bits(id),
        person: PersonId::from_bits(person),
        credential_id: digest(id).to_vec(),
        public_key: (0..=255).collect(),
        sign_count: 0,
        created_at: at(1),
        last_used_at: None,
    }
}
