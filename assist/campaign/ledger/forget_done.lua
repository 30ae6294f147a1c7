-- The first of a campaign who have been done for long do not stay; what is counted does. ARGV: the day, since the epoch,
-- before which they must have been, how many at most. Returns how many they were.
local contacts = redis.call('LRANGE', ORDER, 0, ARGV[2] - 1)
local gone = 0
for _, contact in ipairs(contacts) do
    local progress = progress_of(contact)
    if progress.s ~= 'done' or not progress.d or progress.d >= tonumber(ARGV[1]) then break end
    redis.call('HDEL', CONTACTS, contact)
    redis.call('HDEL', PROGRESS, contact)
    gone = gone + 1
end
redis.call('LTRIM', ORDER, gone, -1)
return gone
