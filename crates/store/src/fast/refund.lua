-- KEYS: the tallies. ARGV: how many calls, writes and deletes to give back.
local names = { 'calls', 'writes', 'deletes' }
for _, key in ipairs(KEYS) do
    if redis.call('EXISTS', key) == 1 then
        for j = 1, 3 do
            local used = tonumber(redis.call('HGET', key, names[j]) or 0)
            redis.call('HSET', key, names[j], math.max(used - tonumber(ARGV[j]), 0))
        end
    end
end
