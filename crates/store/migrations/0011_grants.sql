-- What one lets another do: a tree. Only the node that was ended says so; whoever asks walks up.
CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agents (id),
    person TEXT,
    parent TEXT REFERENCES grants (id),
    depth BIGINT NOT NULL,
    key TEXT REFERENCES keys (id),
    session TEXT,
    token TEXT,
    task TEXT UNIQUE,
    purpose TEXT NOT NULL,
    scopes TEXT NOT NULL,
    resources TEXT NOT NULL,
    details TEXT NOT NULL,
    budgets TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_because TEXT,
    created_at BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX grants_changed ON grants (changed);
CREATE INDEX grants_agent ON grants (agent);
CREATE INDEX grants_person ON grants (person);
CREATE INDEX grants_parent ON grants (parent);

-- Access tokens that were taken back before they expired, by their `jti`.
CREATE TABLE revoked_tokens (
    id TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_changed ON revoked_tokens (changed);
