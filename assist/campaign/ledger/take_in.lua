-- The next of an accepted list. ARGV: what the list begins with, how many contacts that is of, group, outcome, due.
-- KEYS: also where they wait now, if they do, and the list. Without an outcome id and record of each are taken in, new or
-- instead of what was known of one who waits; with one the ids of those who are done, or will be once the call to them
-- ends. Returns 1, or 0: somebody else did.
local former, list = KEYS[#KEYS - 1], KEYS[#KEYS]
if redis.call('LINDEX', list, 0) ~= ARGV[1] then return 0 end
redis.call('LPOP', list)
local count, group, outcome, due = tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local items = redis.call('LPOP', list, outcome == '' and 2 * count or count)
if redis.call('HGET', CAMPAIGN, 'state') == 'cancelled' then return 1 end

local function is_waiting(contact)
    return redis.call('ZSCORE', former, contact) and progress_of(contact).s == 'waiting'
end

local function begin(contact)
    redis.call('RPUSH', ORDER, contact)
    redis.call('ZADD', DUE, due, contact)
end

local function replace(contact, record)
    local old = redis.call('HGET', CONTACTS, contact)
    -- Whoever has the id since this list was read may be somebody else.
    if string.sub(old, 1, 16) ~= string.sub(record, 1, 16) or not is_waiting(contact) then return end
    redis.call('HSET', CONTACTS, contact, record)
    if former ~= DUE then
        redis.call('ZADD', DUE, redis.call('ZSCORE', former, contact), contact)
        redis.call('ZREM', former, contact)
    end
end

local function finish(contact)
    local progress = progress_of(contact)
    if is_waiting(contact) then
        conclude(contact, progress, outcome)
    elseif progress.s ~= 'done' and redis.call('HEXISTS', CONTACTS, contact) == 1 then
        progress.e = outcome
        redis.call('HSET', PROGRESS, contact, cjson.encode(progress))
    end
end

if outcome ~= '' then
    for _, contact in ipairs(items) do finish(contact) end
    return 1
end
local new = 0
for index = 1, #items, 2 do
    if redis.call('HSETNX', CONTACTS, items[index], items[index + 1]) == 1 then
        begin(items[index])
        new = new + 1
    else
        replace(items[index], items[index + 1])
    end
end
redis.call('HINCRBY', CAMPAIGN, 'n:waiting', new)
redis.call('SADD', GROUPS, group)
return 1
