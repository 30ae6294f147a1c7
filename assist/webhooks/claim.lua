-- What is due. ARGV: the lease in ms; how many in all; then endpoint, how many of it at most, and so on. Returns delivery,
-- endpoint, event, tries, fence, and so on.
local claims, room = {}, tonumber(ARGV[2])
for index = 3, #ARGV, 2 do
    local endpoint = ARGV[index]
    local waiting = name('waiting', endpoint)
    local enabled = exists(endpoint) and redis.call('HEXISTS', name('standing', endpoint), 'disabled') == 0
    local most = math.min(room, ARGV[index + 1])
    local due = enabled and redis.call('ZRANGEBYSCORE', waiting, '-inf', NOW, 'LIMIT', 0, most) or {}
    for _, id in ipairs(due) do
        local delivery = name('delivery', id)
        local event = redis.call('HGET', delivery, 'event')
        if event then
            local tries = redis.call('HINCRBY', delivery, 'tries', 1)
            local fence = redis.call('HINCRBY', delivery, 'fence', 1)
            wait(id, endpoint, NOW + ARGV[1])
            room = room - 1
            for _, value in ipairs({id, endpoint, event, tries, fence}) do claims[#claims + 1] = value end
        else
            redis.call('ZREM', waiting, id)
        end
    end
end
return claims
