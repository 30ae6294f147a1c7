-- Attempts whose lease ran out, the longest ago first. ARGV: how many at most. Returns the JSON of each.
local lapsed = redis.call('ZRANGEBYSCORE', LEASES, '-inf', NOW, 'LIMIT', 0, ARGV[1])
for index, id in ipairs(lapsed) do lapsed[index] = redis.call('HGET', LIVE, id) end
return lapsed
