-- The public parts of the keys by which gateways sign what they tell APIs. The private parts never
-- leave the process that made them.
CREATE TABLE transaction_keys (
    id TEXT PRIMARY KEY,
    public_jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX transaction_keys_expiry ON transaction_keys (expires_at);
