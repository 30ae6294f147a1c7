-- Contacts with one number, among the next of a campaign. ARGV: number, cursor, how many to look at. Returns the next
-- cursor, 0 at the end, and id and record of each that was found.
local cursor, page = unpack(redis.call('HSCAN', CONTACTS, ARGV[2], 'COUNT', ARGV[3]))
local found = {cursor}
for index = 1, #page, 2 do
    if string.sub(page[index + 1], 1, 16) == ARGV[1] then
        found[#found + 1] = page[index]
        found[#found + 1] = page[index + 1]
    end
end
return found
