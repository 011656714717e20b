-- The arithmetic of rate.rs. ARGV: now, then for each key requests and period. A bucket is kept for
-- a minute after it is empty, for gateways whose clocks are behind.
local now = tonumber(ARGV[1])

local function limit_of(i)
    return tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
end

local function drained(key, requests, period)
    local kept = redis.call('HMGET', key, 'units', 'at')
    local units = math.min(tonumber(kept[1] or 0), requests * period)
    local at = tonumber(kept[2] or now)
    if at > now and at - now <= period then
        return units, at
    end
    local elapsed = math.min(math.max(now - at, 0), period)
    return math.max(units - elapsed * requests, 0), now
end

local function keep(key, requests, units, at)
    if units <= 0 then
        redis.call('DEL', key)
        return
    end
    redis.call('HSET', key, 'units', string.format('%.0f', units), 'at', string.format('%.0f', at))
    local rest = math.ceil(units / requests) + math.max(at - now, 0) + 60000
    redis.call('PEXPIRE', key, string.format('%.0f', rest))
end

