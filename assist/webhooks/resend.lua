-- Once more, from the first try on. ARGV: delivery, for how many ms it is kept. Returns 1, or 0 if it is not over.
local delivery = name('delivery', ARGV[1])
local endpoint, state = unpack(redis.call('HMGET', delivery, 'endpoint', 'state'))
if not endpoint or state == 'waiting' or not exists(endpoint) then return 0 end
redis.call('ZREM', name(state, endpoint), ARGV[1])
redis.call('HSET', delivery, 'tries', 0)
redis.call('HDEL', delivery, 'ended', 'status', 'reason')
redis.call('PEXPIRE', delivery, ARGV[2])
wait(ARGV[1], endpoint, NOW)
return 1
