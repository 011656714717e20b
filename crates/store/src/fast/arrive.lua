-- KEYS: the run of the server that was last met, since when nonces are remembered. ARGV: now.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('GET', KEYS[1]) ~= run then
    redis.call('SET', KEYS[2], ARGV[1])
    redis.call('SET', KEYS[1], run)
end
