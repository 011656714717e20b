-- The policy sets that have been in force, each whole. The newest is; without any, the shipped one.
CREATE TABLE policies (
    number BIGINT PRIMARY KEY,
    text TEXT NOT NULL,
    digest TEXT NOT NULL,
    activated_at BIGINT NOT NULL,
    activated_by TEXT NOT NULL,
    because TEXT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX policies_changed ON policies (changed);
