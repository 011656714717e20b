-- Each access token's place in a status list, and what it ends with. A list is filled to its half,
-- at random places, so that a place tells nothing of when or to whom.
CREATE TABLE status_lists (
    number BIGINT PRIMARY KEY,
    issued BIGINT NOT NULL,
    last_expires_at BIGINT NOT NULL
);

CREATE TABLE issued_tokens (
    id TEXT PRIMARY KEY,
    list BIGINT NOT NULL REFERENCES status_lists (number),
    place BIGINT NOT NULL,
    agent TEXT NOT NULL,
    key TEXT,
    under TEXT,
    expires_at BIGINT NOT NULL,
    UNIQUE (list, place)
);
CREATE INDEX issued_tokens_expires_at ON issued_tokens (expires_at);
