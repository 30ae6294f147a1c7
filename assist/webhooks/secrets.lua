-- The secrets that sign. ARGV: endpoint. Returns them, the latest first.
local signing = {}
local found = redis.call('HGETALL', name('secrets', ARGV[1]))
for index = 1, #found, 2 do
    if found[index + 1] == '' then
        table.insert(signing, 1, found[index])
    elseif tonumber(found[index + 1]) > NOW then
        signing[#signing + 1] = found[index]
    end
end
return signing
