-- Who is told when a credential or a sign-in ends, and what is still to be told: written in the
-- transaction in which it happened.
CREATE TABLE signal_streams (
    id TEXT PRIMARY KEY,
    agent TEXT REFERENCES agents (id),
    digest TEXT UNIQUE,
    audience TEXT NOT NULL,
    description TEXT NOT NULL,
    endpoint TEXT,
    sealed_authorization TEXT,
    requested TEXT NOT NULL,
    flow TEXT NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    verified_at BIGINT,
    failures BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    last_error TEXT,
    due_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);

CREATE TABLE signals (
    id TEXT PRIMARY KEY,
    place BIGINT NOT NULL UNIQUE,
    stream TEXT NOT NULL REFERENCES signal_streams (id),
    act BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    agent TEXT,
    person TEXT,
    session TEXT,
    key TEXT,
    detail TEXT,
    change TEXT,
    initiator TEXT,
    reason TEXT
);
CREATE INDEX signals_stream ON signals (stream, place);

-- Places are never given twice, also when no signal is left.
CREATE TABLE signal_counter (id BIGINT PRIMARY KEY, place BIGINT NOT NULL);
INSERT INTO signal_counter (id, place) VALUES (1, 0);

-- Signals of others that have been acted on.
CREATE TABLE received_signals (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX received_signals_expires ON received_signals (expires_at);
