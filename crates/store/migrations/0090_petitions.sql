-- What clients ask of people who are not at the client's own browser: by a code that a device shows,
-- or by naming the person. What the client comes back with is kept as its digest, and so is the code.

CREATE TABLE petitions (
    digest TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    client TEXT NOT NULL,
    parameters TEXT NOT NULL,
    user_code TEXT UNIQUE,
    person TEXT REFERENCES people (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    kept_until BIGINT NOT NULL,
    interval_seconds BIGINT NOT NULL,
    polled_at BIGINT,
    decided_at BIGINT,
    grant_id TEXT REFERENCES grants (id),
    openid BIGINT NOT NULL,
    authenticated_at BIGINT,
    used_at BIGINT,
    notification TEXT,
    ping_at BIGINT,
    pings BIGINT NOT NULL
);
CREATE INDEX petitions_kept ON petitions (kept_until);
CREATE INDEX petitions_person ON petitions (person);
CREATE INDEX petitions_grant ON petitions (grant_id);
CREATE INDEX petitions_due ON petitions (ping_at) WHERE ping_at IS NOT NULL;

-- Where a client is told of a decision.
ALTER TABLE clients ADD COLUMN notification_endpoint TEXT;

-- Whom a client names by their address.
CREATE INDEX people_email ON people (email);
