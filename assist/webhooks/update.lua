-- What the owner wants now. ARGV: endpoint, its record so far, the new one, then: enable, disable, or empty. Returns 1,
-- or 0 if the record was another.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
local standing = name('standing', ARGV[1])
if ARGV[4] == 'enable' then redis.call('DEL', standing) end
if ARGV[4] == 'disable' then redis.call('HSET', standing, 'disabled', 'owner') end
return 1
