-- Nothing of a contact stays, as if it had never been in the list. ARGV: contact, number. Returns 1; 0: it has another
-- number by now, or is gone; -1: it is being called.
local contact = ARGV[1]
local record = redis.call('HGET', CONTACTS, contact)
if not record or string.sub(record, 1, 16) ~= ARGV[2] then return 0 end
local progress = progress_of(contact)
if progress.s ~= 'waiting' and progress.s ~= 'done' then return -1 end
redis.call('HINCRBY', CAMPAIGN, 'n:' .. progress.s, -1)
if progress.o then redis.call('HINCRBY', CAMPAIGN, 'o:' .. progress.o, -1) end
hold_back(progress, nil)
redis.call('ZREM', DUE, contact)
redis.call('HDEL', CONTACTS, contact)
redis.call('HDEL', PROGRESS, contact)
redis.call('LREM', ORDER, 1, contact)
return 1
