-- The life of a signing key: when it began to sign, when another took its place, and when all that it
-- signed was revoked. One that has not begun is published ahead. A key that has stopped loses its
-- private part. Those that are there already sign.
ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT;
ALTER TABLE signing_keys ADD COLUMN stopped_at BIGINT;
ALTER TABLE signing_keys ADD COLUMN revoked_at BIGINT;
UPDATE signing_keys SET signs_from = created_at;
