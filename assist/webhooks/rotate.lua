-- A new secret. ARGV: endpoint, the secret, for how many ms the one so far signs too. Returns 1, or 0: no such endpoint.
if not exists(ARGV[1]) then return 0 end
local secrets = name('secrets', ARGV[1])
local found = redis.call('HGETALL', secrets)
for index = 1, #found, 2 do
    -- Two at once: that before the one so far ends now.
    if found[index + 1] == '' then
        redis.call('HSET', secrets, found[index], NOW + ARGV[3])
    else
        redis.call('HDEL', secrets, found[index])
    end
end
redis.call('HSET', secrets, ARGV[2], '')
return 1
