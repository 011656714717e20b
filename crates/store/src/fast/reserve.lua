local answer, which, wait = { 1 }, nil, -1
for i, key in ipairs(KEYS) do
    local requests, period = limit_of(i)
    local units, at = drained(key, requests, period)
    local over = units + period - requests * period
    if over > 0 then
        local needed = math.ceil(over / requests) + math.max(at - now, 0)
        if needed > wait then
            which, wait = i - 1, needed
        end
    end
    answer[2 * i], answer[2 * i + 1] = units + period, at
end
if which then
    return { 0, which, wait }
end
for i, key in ipairs(KEYS) do
    local requests = limit_of(i)
    keep(key, requests, answer[2 * i], answer[2 * i + 1])
end
return answer
