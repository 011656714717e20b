-- The descriptions of APIs that were accepted, each version for good: what was served when, and who
-- let it be. The newest of an API is in force. `confirmed` is the proposed scopes that somebody has
-- confirmed, a line each.
CREATE TABLE api_documents (
    api TEXT NOT NULL,
    version BIGINT NOT NULL,
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    confirmed TEXT NOT NULL,
    because TEXT NOT NULL,
    accepted_by TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (api, version)
);
CREATE INDEX api_documents_changed ON api_documents (changed);
