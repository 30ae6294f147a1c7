-- Events for endpoints, and how far a stream was read by that. ARGV: stream (empty: none), the position that it was read
-- from, the position now, for how many ms a delivery is kept; then endpoint, delivery, event, and so on. Returns how
-- many are new; -1: somebody else has read on from there.
local positions = TAG .. ':positions'
if ARGV[1] ~= '' then
    if (redis.call('HGET', positions, ARGV[1]) or '0') ~= ARGV[2] then return -1 end
    redis.call('HSET', positions, ARGV[1], ARGV[3])
end
local new = 0
for index = 5, #ARGV, 3 do
    local endpoint, id, event = ARGV[index], ARGV[index + 1], ARGV[index + 2]
    local delivery = name('delivery', id)
    if exists(endpoint) and redis.call('EXISTS', delivery) == 0 then
        redis.call('HSET', delivery, 'endpoint', endpoint, 'event', event, 'tries', 0, 'fence', 0, 'created', NOW)
        redis.call('PEXPIRE', delivery, ARGV[4])
        if redis.call('ZCARD', name('waiting', endpoint)) < MOST_WAITING then
            wait(id, endpoint, NOW)
        else
            redis.call('HSET', delivery, 'reason', 'too many wait')
            conclude(id, endpoint, 'dead')
        end
        new = new + 1
    end
end
return new
