-- People who sign in, and their sign-ins. A cookie's secret is kept as its digest.

CREATE TABLE people (
    id TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    role TEXT,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);
CREATE INDEX people_changed ON people (changed);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    digest TEXT NOT NULL UNIQUE,
    authenticated_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    changed BIGINT NOT NULL
);
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_changed ON sessions (changed);
CREATE INDEX sessions_live ON sessions (expires_at) WHERE ended_at IS NULL;

-- Operators are called something, and may do what their role says. Those from before this may do
-- what they always could: everything.
ALTER TABLE operators ADD COLUMN name TEXT NOT NULL DEFAULT 'first';
ALTER TABLE operators ADD COLUMN role TEXT NOT NULL DEFAULT 'admin';
ALTER TABLE operators ADD COLUMN revoked_at BIGINT;

-- Public keys by which people sign in.
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (id),
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkeys_person ON passkeys (person);

-- Links with which people come in; of a code only the digest is kept.
CREATE TABLE welcomes (
    digest TEXT PRIMARY KEY,
    name TEXT,
    role TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
