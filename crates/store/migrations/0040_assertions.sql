-- The most that an issuer's tokens about people can hand to an agent; none: they stand for nobody.
ALTER TABLE issuers ADD COLUMN person_scopes TEXT;

-- The tokens of other issuers that were exchanged for authority here, by who did it.
CREATE TABLE assertions (
    issuer TEXT NOT NULL,
    jti TEXT NOT NULL,
    agent TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, jti)
);
CREATE INDEX assertions_expires_at ON assertions (expires_at);
