-- All of a list is in Redis: from here on it is the campaign's, whoever takes it in. ARGV: campaign, import.
-- KEYS: also the list. Returns 1; -1: nobody can be added; -2: it waited too long and is gone.
local list = KEYS[#KEYS]
local state = redis.call('HGET', CAMPAIGN, 'state')
if not state or state == 'cancelled' then return -1 end
if redis.call('PERSIST', list) == 0 then return -2 end
redis.call('RPUSH', ARRIVED, cjson.encode({ARGV[1], ARGV[2]}))
return 1
