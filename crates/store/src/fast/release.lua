local reserved_at = tonumber(ARGV[2 * #KEYS + 2])
for i, key in ipairs(KEYS) do
    local requests, period = limit_of(i)
    local units, at = drained(key, requests, period)
    local gone = math.min(math.max(now - reserved_at, 0), period) * requests
    keep(key, requests, math.max(units - math.max(period - gone, 0), 0), at)
end
