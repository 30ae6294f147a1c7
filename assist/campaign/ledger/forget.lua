-- Nobody of a campaign that is over stays; what is counted does, and who does not want its calls. ARGV: before when it
-- must have ended, how many groups it has. KEYS: also where those wait. Returns how many contacts it had; -1: it is not
-- over, or not for so long.
if redis.call('SCARD', GROUPS) ~= tonumber(ARGV[2]) then return -1 end
local state, calls = unpack(redis.call('HMGET', CAMPAIGN, 'state', 'calls'))
if (state ~= 'finished' and state ~= 'cancelled') or tonumber(calls or 0) > 0 then return -1 end
local last = redis.call('XREVRANGE', EVENTS, '+', '-', 'COUNT', 1)[1]
if last and tonumber(string.match(last[1], '^%d+')) >= tonumber(ARGV[1]) then return -1 end
local contacts = redis.call('HLEN', CONTACTS)
redis.call('UNLINK', CONTACTS, PROGRESS, ORDER, EVENTS, GROUPS)
for index = #KEYS - tonumber(ARGV[2]) + 1, #KEYS do redis.call('UNLINK', KEYS[index]) end
return contacts
