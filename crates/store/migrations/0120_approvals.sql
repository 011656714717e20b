-- What people decide about one request each. `changed` is the number of the transaction that decided
-- last, for those who wait for it; 0 before any. Of a query the values of secrets are masked. A body
-- that people are shown is sealed, and gone when the approval is over.
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agents (id),
    chain TEXT NOT NULL,
    method TEXT NOT NULL,
    authority TEXT NOT NULL,
    target TEXT NOT NULL,
    target_digest TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    operation TEXT NOT NULL,
    policy TEXT NOT NULL,
    agent_name TEXT NOT NULL,
    project TEXT NOT NULL,
    owner TEXT NOT NULL,
    person TEXT,
    task TEXT,
    purpose TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    because TEXT NOT NULL,
    body_bytes BIGINT NOT NULL,
    content_type TEXT,
    sealed_body TEXT,
    record TEXT NOT NULL,
    approvers BIGINT NOT NULL,
    state TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    changed BIGINT NOT NULL
);
CREATE INDEX approvals_agent ON approvals (agent, asked_at);
CREATE INDEX approvals_asked ON approvals (asked_at);
CREATE INDEX approvals_expires ON approvals (expires_at);
CREATE INDEX approvals_changed ON approvals (changed);

-- Who decided what. Nobody decides twice.
CREATE TABLE approval_decisions (
    approval TEXT NOT NULL REFERENCES approvals (id),
    decider TEXT NOT NULL,
    name TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    channel TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (approval, decider)
);
