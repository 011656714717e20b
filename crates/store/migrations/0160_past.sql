-- What is over is deleted a little at a time: found by when it ended, and not by reading all there is.
CREATE INDEX grants_expiry ON grants (expires_at);
CREATE INDEX grants_ended ON grants (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX grants_session ON grants (session) WHERE session IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);
CREATE INDEX codes_grant ON codes (grant_id);
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
