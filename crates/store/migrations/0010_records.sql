-- The ledger is the files under the ledger's directory; these tables say how far it has come and find
-- records in it. The texts of records are in the files alone.

CREATE TABLE ledger (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    root TEXT NOT NULL
);
INSERT INTO ledger (id, size, root)
VALUES (1, 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

-- What is in each entry bundle: 256 records of the ledger, the last bundle fewer. Finding a record
-- begins with the bundles it can be in.
--
-- `min_id` and `max_id` are the first 63 bits of record ids; ids of requests that began well before
-- the others are in `stragglers` instead of within `min_id`. `latest` is when the last request
-- arrived. `agents` are ids. `facets` are members of records as they stand there, null when
-- they are too long to keep. `stragglers`, `agents` and `facets` are lists with commas.
CREATE TABLE bundles (
    place BIGINT PRIMARY KEY,
    min_id BIGINT NOT NULL,
    max_id BIGINT NOT NULL,
    stragglers TEXT NOT NULL,
    latest BIGINT NOT NULL,
    agents TEXT NOT NULL,
    facets TEXT
);
CREATE INDEX bundles_max_id ON bundles (max_id, place);

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
