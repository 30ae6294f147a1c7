-- What came of a claim. ARGV: delivery, fence, what then (delivered, dead, or after how many ms to try again), status,
-- reason, 1 if the endpoint is gone, after how many ms without success it is disabled. Returns 0: somebody else has the
-- delivery; 1; 2: the endpoint is disabled by this.
local delivery = name('delivery', ARGV[1])
local endpoint, state, fence = unpack(redis.call('HMGET', delivery, 'endpoint', 'state', 'fence'))
if state ~= 'waiting' or fence ~= ARGV[2] or not exists(endpoint) then return 0 end
redis.call('HSET', delivery, 'status', ARGV[4], 'reason', ARGV[5])
local after = tonumber(ARGV[3])
if after then
    wait(ARGV[1], endpoint, NOW + after)
else
    conclude(ARGV[1], endpoint, ARGV[3])
end

local standing = name('standing', endpoint)
if ARGV[3] == 'delivered' then
    redis.call('HDEL', standing, 'failing')
    return 1
end
redis.call('HSETNX', standing, 'failing', NOW)
local failing = NOW - redis.call('HGET', standing, 'failing')
local why = ARGV[6] == '1' and 'gone' or failing >= tonumber(ARGV[7]) and 'failing'
return why and redis.call('HSETNX', standing, 'disabled', why) == 1 and 2 or 1
