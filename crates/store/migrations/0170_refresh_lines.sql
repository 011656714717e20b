-- What a refresh token was got with: once that has a successor which was used, it is good for nothing.
ALTER TABLE refresh_tokens ADD COLUMN parent TEXT;
CREATE INDEX refresh_tokens_parent ON refresh_tokens (parent) WHERE parent IS NOT NULL;

-- The first project is as old as the installation, which began with its first operator.
UPDATE projects SET
    created_at = (SELECT MIN(created_at) FROM operators),
    updated_at = CASE WHEN updated_at = 0 THEN (SELECT MIN(created_at) FROM operators)
        ELSE updated_at END
WHERE created_at = 0 AND EXISTS (SELECT 1 FROM operators);
