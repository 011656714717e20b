-- Which entry bundles have records of what was done by a grant, and how many that ended in which way.
-- A grant is found here with all below it, so that a person sees what was done with what they gave.
CREATE TABLE grant_uses (
    grant_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    records BIGINT NOT NULL,
    PRIMARY KEY (grant_id, place, outcome)
);
