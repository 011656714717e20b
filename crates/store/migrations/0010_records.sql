-- The ledger is the files under the ledger's directory; these tables say how far it has come and find
-- records in it. The texts of records are in the files alone.

CREATE TABLE ledger (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    root TEXT NOT NULL
);
INSERT INTO ledger (id, size, root)
VALUES (1, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

CREATE TABLE records (
    place BIGINT PRIMARY KEY,
    id TEXT NOT NULL,
    agent TEXT,
    at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    api TEXT,
    operation TEXT
);
CREATE INDEX records_id ON records (id);
CREATE INDEX records_agent ON records (agent, place);

-- How far each journal file has been read: everything before `high` is in the ledger, except for
-- openings from `low` on that are not closed yet.
CREATE TABLE journal_files (
    name TEXT PRIMARY KEY,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    state TEXT NOT NULL
);

-- Openings that are not closed yet and whose file has been read to its end.
CREATE TABLE journal_openings (
    id TEXT PRIMARY KEY,
    series TEXT NOT NULL,
    text TEXT NOT NULL
);
