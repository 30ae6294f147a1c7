-- The next contact of a group to call. ARGV: campaign, group, opens, closes, day, week, node, lease (ms), how many to
-- look at, namespace of attempts. Returns {0, reason, until} or {1, contact, record, attempt, fence, lease, what
-- it shows}.
local campaign, group, node = ARGV[1], ARGV[2], ARGV[7]
local opens, closes, day, week = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local lease, most = NOW + ARGV[8], tonumber(ARGV[9])

local reason, ends = stopped(opens, closes)
if reason then return {0, reason, ends} end

local limit = limits()
local calls = number_of(CAMPAIGN, 'calls')
if calls >= limit.calls
    or number_of(COUNTERS, 'calls:' .. limit.trunk) >= limit.trunk_calls
    or number_of(COUNTERS, 'calls') >= limit.everybody then
    return {0, 'concurrency', -1}
end

local midnight = NOW - (NOW - limit.midnight) % DAY
local today = string.format('%.0f', midnight)
local function over(key, field, more, ceiling)
    return ceiling ~= cjson.null and number_of(key, field) + more > ceiling
end
if over(CAMPAIGN, 'seconds', limit.call_seconds, limit.seconds)
    or over(CAMPAIGN, 'cost', limit.call_cost, limit.cost) then
    return {0, 'ceiling', -1}
end
if over(SPENT, today .. ':seconds', limit.call_seconds, limit.day_seconds)
    or over(SPENT, today .. ':cost', limit.call_cost, limit.day_cost) then
    -- Calls in progress may give back some of what is set aside for them.
    return {0, 'ceiling', calls > 0 and -1 or midnight + DAY}
end

-- Of the numbers that a call may show, the nearest to *number*; of several, that which was shown least today. nil: none.
local function shown_to(number)
    local best, nearest, fewest
    for _, own in ipairs(limit.shown) do
        local count = shown_on(today, own.number)
        if own.day == cjson.null or count < own.day then
            local nearness = 0
            for _, start in ipairs(own.near) do
                if string.sub(number, 1, #start) == start then nearness = math.max(nearness, #start) end
            end
            if not best or nearness > nearest or (nearness == nearest and count < fewest) then
                best, nearest, fewest = own.number, nearness, count
            end
        end
    end
    return best
end
if #limit.shown > 0 and not shown_to('') then return {0, 'caller_id', midnight + DAY} end

local token = next_token('claims', limit.trunk)
if MICROS < token then return {0, 'cps', math.ceil(token / 1000)} end

-- Until when a number waits that other campaigns have reached.
local function spared(number)
    local ends, wanted = 0, {}
    for _, name in ipairs(limit.elsewhere.by) do wanted[name] = true end
    for name, at in pairs(reached_by(number)) do
        if name ~= campaign and (wanted[name] or not next(wanted)) then
            ends = math.max(ends, at + limit.elsewhere.within)
        end
    end
    return ends
end

-- When a number may be called, or why never; nil: now. *history* begins with the count of all its calls.
local function capped(number)
    local history, due = history_of(number), 0
    -- The call that must be long enough ago, if it is not.
    local function reached(cap, since)
        local call = cap ~= cjson.null and #history > cap and history[#history - cap + 1]
        return call and call >= since and call
    end
    local function rolling(cap, length)
        local call = reached(cap, NOW - length + 1)
        if call then due = math.max(due, call + length) end
    end
    local function calendar(cap, began, length)
        if reached(cap, began) then due = math.max(due, began + length, NOW + HOUR) end
    end
    if limit.life ~= cjson.null and history[1] >= limit.life then return 'exhausted' end
    rolling(limit.rolling, DAY)
    -- Where nobody says when the day began: the longest that one can be.
    if day then calendar(limit.day, day, DAY) else rolling(limit.day, DAY + HOUR) end
    if week then calendar(limit.week, week, 7 * DAY) else rolling(limit.week, 7 * DAY + HOUR) end
    if limit.elsewhere then
        local ends = spared(number)
        if ends > NOW then due = math.max(due, ends) end
    end
    return due > 0 and due or nil
end

-- RFC 9562's version 5, as Python's uuid5.
local function attempt_id(contact, attempt)
    local hash = redis.sha1hex(ARGV[10] .. campaign .. '\n' .. contact .. '\n' .. attempt)
    local variant = string.format('%x', 8 + tonumber(string.sub(hash, 17, 17), 16) % 4)
    return string.format('%s-%s-5%s-%s%s-%s', string.sub(hash, 1, 8), string.sub(hash, 9, 12), string.sub(hash, 14, 16),
        variant, string.sub(hash, 18, 20), string.sub(hash, 21, 32))
end

local function claim(contact, record, number)
    local progress = progress_of(contact)
    local fence = redis.call('HINCRBY', COUNTERS, 'fence', 1)
    local attempt = {
        c = campaign, g = group, i = contact, n = progress.n + 1, f = fence, node = node, lease = lease, s = 'claimed',
        t = limit.trunk, at = NOW, opens = opens, closes = closes, day = today, seconds = limit.call_seconds,
        cost = limit.call_cost, show = shown_to(cjson.decode(string.sub(record, 17))[1]),
    }
    local id = attempt_id(contact, attempt.n)
    save_attempt(id, attempt)
    redis.call('HSET', RINGING, number, id)
    redis.call('ZREM', DUE, contact)
    take_token('claims', limit)
    if attempt.show then count_shown(today, attempt.show, 1) end
    enter(contact, progress, 'claimed')
    count_call(number, NOW)
    count_calls(limit.trunk, 1)
    spend(today, attempt.seconds, attempt.cost)
    return {1, contact, record, attempt.n, fence, lease, attempt.show or ''}
end

local blocked = 'nobody_due'
local contacts = redis.call('ZRANGEBYSCORE', DUE, '-inf', NOW, 'LIMIT', 0, most)
for _, contact in ipairs(contacts) do
    local record = redis.call('HGET', CONTACTS, contact)
    local number = string.sub(record, 1, 16)
    if is_suppressed(number) then
        conclude(contact, progress_of(contact), 'suppressed')
    elseif redis.call('HEXISTS', RINGING, number) == 1 then
        -- Another contact, here or in another campaign, has the same number, and somebody talks there.
        redis.call('ZADD', DUE, NOW + 60000, contact)
    else
        local after = capped(number)
        if not after then return claim(contact, record, number) end
        conclude(contact, progress_of(contact), after)
        if tonumber(after) then blocked = 'cap' end
    end
end
local first = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2]
return {0, blocked, first and tonumber(first) or -1}
