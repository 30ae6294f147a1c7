-- Some of a group that wait are done. ARGV: outcome, how many at most. Returns how many.
local contacts = redis.call('ZRANGE', DUE, 0, ARGV[2] - 1)
for _, contact in ipairs(contacts) do conclude(contact, progress_of(contact), ARGV[1]) end
return #contacts
