-- Where a key may be used from: networks in CIDR notation, separated by spaces; anywhere when empty.
ALTER TABLE keys ADD COLUMN networks TEXT NOT NULL DEFAULT '';

DROP VIEW keys_with_use;
CREATE VIEW keys_with_use AS
    SELECT keys.*, key_uses.last_used_at
    FROM keys LEFT JOIN key_uses ON key_uses.key_id = keys.id;
