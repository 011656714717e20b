-- Ids, names and digests are TEXT; instants are BIGINT milliseconds. `changed` is the number of the
-- transaction that last wrote the row: a feed asks for what is greater than the number it has seen.

CREATE TABLE change_counter (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL
);
INSERT INTO change_counter (id, number) VALUES (1, 0);

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    registration TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- There from the start, so its instants are the epoch.
INSERT INTO projects (id, name, description, registration, scopes, created_at, updated_at)
VALUES ('prj_00000000000000000000000000', 'default', '', 'invite', '', 0, 0);

-- `skeleton` is what the name looks like; null once the name is free again, for which
-- `refused_because` says why.
CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (name),
    name TEXT NOT NULL,
    skeleton TEXT,
    owner TEXT NOT NULL,
    purpose TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    scopes TEXT NOT NULL,
    broad_because TEXT,
    rate TEXT,
    networks TEXT NOT NULL,
    refused_because TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    UNIQUE (project, skeleton),
    CHECK ((skeleton IS NULL) = (refused_because IS NOT NULL))
);
CREATE INDEX agents_changed ON agents (changed);
CREATE INDEX agents_pending ON agents (project, created_at) WHERE state = 'pending';

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agents (id),
    kind TEXT NOT NULL,
    algorithm TEXT,
    material TEXT,
    thumbprint TEXT NOT NULL UNIQUE,
    scopes TEXT,
    expires_at BIGINT,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    CHECK ((material IS NOT NULL) = (kind IN ('public_key', 'hmac', 'claims')))
);
CREATE INDEX keys_agent ON keys (agent);
CREATE INDEX keys_changed ON keys (changed);

CREATE TABLE key_uses (
    key_id TEXT PRIMARY KEY REFERENCES keys (id),
    last_used_at BIGINT NOT NULL
);

CREATE VIEW keys_with_use AS
    SELECT keys.*, key_uses.last_used_at
    FROM keys LEFT JOIN key_uses ON key_uses.key_id = keys.id;

CREATE TABLE invites (
    id TEXT PRIMARY KEY,
    project TEXT NOT NULL REFERENCES projects (name),
    code_digest TEXT NOT NULL UNIQUE,
    uses_left BIGINT NOT NULL CHECK (uses_left >= 0),
    scopes TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE operators (
    id TEXT PRIMARY KEY,
    token_digest TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY,
    duty TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    sealed_private TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX signing_keys_changed ON signing_keys (changed);

-- Short-lived keys are derived from these and stored nowhere.
CREATE TABLE roots (
    epoch BIGINT PRIMARY KEY,
    sealed_secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed BIGINT NOT NULL
);

-- Whose tokens are believed of workloads. `ended_at` says that one is not trusted any more; feeds are
-- told of that as of any other change.
CREATE TABLE issuers (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    audience TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    changed BIGINT NOT NULL
);
