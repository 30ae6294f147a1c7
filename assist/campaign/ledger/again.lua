-- Contacts of one group that are done wait again. ARGV: due, then ids. Returns how many; -1: the campaign is over.
local state = redis.call('HGET', CAMPAIGN, 'state')
if not state or state == 'cancelled' then return -1 end
local count = 0
for index = 2, #ARGV do
    local progress = progress_of(ARGV[index])
    if progress.s == 'done' then
        redis.call('HINCRBY', CAMPAIGN, 'o:' .. progress.o, -1)
        progress.o, progress.d = nil, nil
        conclude(ARGV[index], progress, ARGV[1])
        count = count + 1
    end
end
return count
