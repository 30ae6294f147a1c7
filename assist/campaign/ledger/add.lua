-- Contacts of one group, those that are new. ARGV: group, due, then id and record of each. Returns how many were new;
-- -1: nobody can be added.
local state = redis.call('HGET', CAMPAIGN, 'state')
if not state or state == 'cancelled' then return -1 end
local new = 0
for index = 3, #ARGV, 2 do
    if redis.call('HSETNX', CONTACTS, ARGV[index], ARGV[index + 1]) == 1 then
        redis.call('RPUSH', ORDER, ARGV[index])
        redis.call('ZADD', DUE, ARGV[2], ARGV[index])
        new = new + 1
    end
end
if new > 0 then
    redis.call('SADD', GROUPS, ARGV[1])
    redis.call('HINCRBY', CAMPAIGN, 'n:waiting', new)
end
return new
