-- KEYS: since when this Redis remembers, then the tallies. ARGV: now, how many calls, writes and
-- deletes, then for each tally when its grant was given, for how long to keep it, and how much there
-- is of each, -1 for any. Answers 1 and 0; 0 and what is used up; -1 and 0 for a grant that is older
-- than what is remembered.
local since = redis.call('GET', KEYS[1])
if not since then
    since = ARGV[1]
    redis.call('SET', KEYS[1], since)
end
local names = { 'calls', 'writes', 'deletes' }
for i = 2, #KEYS do
    local first = 5 * i - 5
    if tonumber(ARGV[first]) < tonumber(since) then
        return { -1, 0 }
    end
    local used = redis.call('HMGET', KEYS[i], unpack(names))
    for j = 1, 3 do
        local more, most = tonumber(ARGV[1 + j]), tonumber(ARGV[first + 1 + j])
        if more > 0 and most >= 0 and tonumber(used[j] or 0) + more > most then
            return { 0, j - 1 }
        end
    end
end
for i = 2, #KEYS do
    for j = 1, 3 do
        redis.call('HINCRBY', KEYS[i], names[j], ARGV[1 + j])
    end
    redis.call('PEXPIRE', KEYS[i], ARGV[5 * i - 4])
end
return { 1, 0 }
