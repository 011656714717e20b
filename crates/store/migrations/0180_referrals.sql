-- Approvals that are put before people elsewhere: before a webhook, or before a person at their
-- provider. `person` is empty for a webhook. `next_at` is when it is to be looked at again, and
-- absent once nothing more is to be done. `question` is what the provider calls it; sealed.
CREATE TABLE referrals (
    approval TEXT NOT NULL REFERENCES approvals (id),
    way TEXT NOT NULL,
    person TEXT NOT NULL,
    tries BIGINT NOT NULL,
    interval_seconds BIGINT NOT NULL,
    question TEXT,
    next_at BIGINT,
    PRIMARY KEY (approval, way, person)
);
CREATE INDEX referrals_next ON referrals (next_at);
