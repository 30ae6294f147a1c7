-- What every script may use. KEYS: the endpoints; the other names are made of that, since only a script knows which
-- deliveries are due.

local TAG = string.match(KEYS[1], '^(.+):endpoints$')
local NOW = millis()
local MOST_WAITING = 100000 -- of one endpoint
local KEPT = {delivered = 1000, dead = 10000} -- of one endpoint

local function name(noun, of)
    return TAG .. ':' .. noun .. ':' .. of
end

local function exists(endpoint)
    return redis.call('HEXISTS', KEYS[1], endpoint) == 1
end

-- The delivery is over. *how*: delivered, dead.
local function conclude(id, endpoint, how)
    local list = name(how, endpoint)
    redis.call('ZREM', name('waiting', endpoint), id)
    redis.call('HSET', name('delivery', id), 'state', how, 'ended', NOW)
    redis.call('ZADD', list, NOW, id)
    for _, old in ipairs(redis.call('ZRANGE', list, 0, -KEPT[how] - 1)) do
        redis.call('UNLINK', name('delivery', old))
        redis.call('ZREM', list, old)
    end
end

local function wait(id, endpoint, due)
    redis.call('HSET', name('delivery', id), 'state', 'waiting', 'due', due)
    redis.call('ZADD', name('waiting', endpoint), due, id)
end
