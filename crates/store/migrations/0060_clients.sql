-- Agents as OAuth clients, and what they hold between a person's consent and a token: all of it by
-- its digest.

CREATE TABLE clients (
    agent TEXT PRIMARY KEY REFERENCES agents (id),
    document TEXT UNIQUE,
    registration_digest TEXT UNIQUE,
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    method TEXT NOT NULL,
    grants TEXT NOT NULL,
    dpop_bound BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Authorization requests that were pushed. `decided_at` says that a person has answered one.
CREATE TABLE pushed_requests (
    digest TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    parameters TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    seen_at BIGINT,
    decided_at BIGINT
);
CREATE INDEX pushed_requests_expiry ON pushed_requests (expires_at);

-- Authorization codes; a used one is kept for a while, so that its second use is noticed.
CREATE TABLE codes (
    digest TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id),
    agent TEXT NOT NULL REFERENCES agents (id),
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    dpop_key TEXT,
    openid BIGINT NOT NULL,
    nonce TEXT,
    offline BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    kept_until BIGINT NOT NULL
);
CREATE INDEX codes_kept ON codes (kept_until);

-- Refresh tokens. The family of one is its grant. `uses` counts how often one was exchanged.
CREATE TABLE refresh_tokens (
    digest TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id),
    agent TEXT NOT NULL REFERENCES agents (id),
    dpop_key TEXT,
    expires_at BIGINT NOT NULL,
    first_used_at BIGINT,
    uses BIGINT NOT NULL
);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);
