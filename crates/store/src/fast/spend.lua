-- KEYS: since when nonces are remembered, the nonce. ARGV: when the proof was made, now, for how
-- long to remember it. Answers 1 for fresh, 0 for seen, -1 for older than what is remembered.
local since = redis.call('GET', KEYS[1])
if not since then
    since = ARGV[2]
    redis.call('SET', KEYS[1], since)
end
if math.floor(tonumber(ARGV[1]) / 1000) < math.floor(tonumber(since) / 1000) then
    return -1
end
if redis.call('SET', KEYS[2], '', 'NX', 'PX', ARGV[3]) then
    return 1
end
return 0
