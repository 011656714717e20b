-- The agent's own key with which the agent registered this one; null where somebody else did.
ALTER TABLE keys ADD COLUMN registered_by TEXT REFERENCES keys (id);

DROP VIEW keys_with_use;
CREATE VIEW keys_with_use AS
    SELECT keys.*, key_uses.last_used_at
    FROM keys LEFT JOIN key_uses ON key_uses.key_id = keys.id;
