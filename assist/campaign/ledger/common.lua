-- What every script may use. A script decides first and writes afterwards: Redis takes nothing back.

local MICROS = micros()
local NOW = math.floor(MICROS / 1000)
local HOUR = 3600000
local DAY = 24 * HOUR
local YEAR = 366 * DAY
local KEPT = 8 * DAY -- of the times a number was called: more than the longest that a cap looks back
local MOST_KEPT = 64
local MOST_EVENTS = 100000
local MOST_ATTEMPTS = 20 -- of one contact that are remembered one by one

local function number_of(key, field)
    return tonumber(redis.call('HGET', key, field) or 0)
end

local function tell(kind, ...)
    redis.call('XADD', EVENTS, 'MAXLEN', '~', MOST_EVENTS, '*', 'kind', kind, 'at', NOW, ...)
end

local function limits()
    return cjson.decode(redis.call('HGET', CAMPAIGN, 'limits'))
end

-- An attempt in progress: c(ampaign), g(roup), i(d of the contact), n (which attempt), f(ence), node, lease, s(tate),
-- t(runk), at (when it was counted), opens, closes, day, seconds and cost (set aside), show (which number of ours).
local function attempt_of(id)
    local text = redis.call('HGET', LIVE, id)
    return text and cjson.decode(text)
end

local function save_attempt(id, attempt)
    redis.call('HSET', LIVE, id, cjson.encode(attempt))
    redis.call('ZADD', LEASES, attempt.lease, id)
end

local function number_key(contact)
    return string.sub(redis.call('HGET', CONTACTS, contact), 1, 16)
end

local function is_suppressed(number)
    return redis.call('HEXISTS', SUPPRESSED, number) == 1 or redis.call('HEXISTS', UNWANTED, number) == 1
end

-- What became of a contact: s(tate), n (attempts begun), o(utcome), d(ay since the epoch when he was done), f(ound out),
-- e(nds so, once the call ends, instead of waiting again),
-- a: {when, result, ms, millionths, what was shown} of each attempt.
local function progress_of(contact)
    local text = redis.call('HGET', PROGRESS, contact)
    return text and cjson.decode(text) or {s = 'waiting', n = 0}
end

local function enter(contact, progress, state)
    redis.call('HINCRBY', CAMPAIGN, 'n:' .. progress.s, -1)
    redis.call('HINCRBY', CAMPAIGN, 'n:' .. state, 1)
    progress.s = state
    redis.call('HSET', PROGRESS, contact, cjson.encode(progress))
end

-- *why* somebody who was due was held back at the last moment; nil: he is not any more.
local function hold_back(progress, why)
    local change = (why and 1 or 0) - (progress.h and 1 or 0)
    if change ~= 0 then redis.call('HINCRBY', CAMPAIGN, 'held', change) end
    progress.h = why
end

-- *after*: when to call, or the outcome.
local function conclude(contact, progress, after)
    local due = tonumber(after)
    if due and redis.call('HGET', CAMPAIGN, 'state') == 'cancelled' then
        due, after = nil, 'cancelled'
    elseif due and progress.e then
        due, after = nil, progress.e
    end
    progress.e = nil
    if due then
        redis.call('ZADD', DUE, due, contact)
        enter(contact, progress, 'waiting')
    else
        redis.call('ZREM', DUE, contact)
        redis.call('HINCRBY', CAMPAIGN, 'o:' .. after, 1)
        hold_back(progress, nil)
        progress.o, progress.d = after, math.floor(NOW / DAY)
        enter(contact, progress, 'done')
        tell('done', 'contact', contact, 'outcome', after)
    end
end

local function history_of(number)
    local text = redis.call('HGET', NUMBERS, number)
    return text and cjson.decode(text) or {0}
end

local function count_call(number, at)
    local history = history_of(number)
    local kept = {history[1] + 1}
    for index = math.max(2, #history - MOST_KEPT + 2), #history do
        if history[index] > at - KEPT then kept[#kept + 1] = history[index] end
    end
    kept[#kept + 1] = at
    redis.call('HSET', NUMBERS, number, cjson.encode(kept))
end

local function uncount_call(number, at)
    local history = history_of(number)
    history[1] = history[1] - 1
    for index = #history, 2, -1 do
        if history[index] == at then
            table.remove(history, index)
            break
        end
    end
    redis.call('HSET', NUMBERS, number, cjson.encode(history))
end

-- When each campaign reached the number last.
local function reached_by(number)
    local text = redis.call('HGET', REACHED, number)
    return text and cjson.decode(text) or {}
end

local function count_reached(number, campaign)
    local kept = {[campaign] = NOW}
    for name, at in pairs(reached_by(number)) do
        if name ~= campaign and at > NOW - YEAR then kept[name] = at end
    end
    redis.call('HSET', REACHED, number, cjson.encode(kept))
end

local function spend(day, seconds, cost)
    redis.call('HINCRBY', CAMPAIGN, 'seconds', seconds)
    redis.call('HINCRBY', CAMPAIGN, 'cost', cost)
    redis.call('HINCRBY', SPENT, day .. ':seconds', seconds)
    redis.call('HINCRBY', SPENT, day .. ':cost', cost)
end

local function count_calls(trunk, change)
    redis.call('HINCRBY', COUNTERS, 'calls', change)
    redis.call('HINCRBY', COUNTERS, 'calls:' .. trunk, change)
    redis.call('HINCRBY', CAMPAIGN, 'calls', change)
end

-- How many calls have shown that number of ours on that day.
local function shown_on(day, number)
    local shown, count = string.match(redis.call('HGET', SHOWN, number) or '', '^(%d+) (%d+)$')
    return shown == day and tonumber(count) or 0
end

local function count_shown(day, number, change)
    redis.call('HSET', SHOWN, number, day .. ' ' .. math.max(shown_on(day, number) + change, 0))
end

-- When the trunk, and the campaign for itself, let the next call begin, in µs. *step*: claims or sends.
local function next_token(step, trunk)
    return math.max(number_of(COUNTERS, step .. ':' .. trunk), number_of(CAMPAIGN, step))
end

local function take_token(step, limit)
    redis.call('HSET', COUNTERS, step .. ':' .. limit.trunk, MICROS + limit.period)
    if limit.own_period > 0 then redis.call('HSET', CAMPAIGN, step, MICROS + limit.own_period) end
end

-- The attempt holds nothing any more.
local function leave(id, attempt, number)
    redis.call('HDEL', LIVE, id)
    redis.call('ZREM', LEASES, id)
    redis.call('HDEL', RINGING, number)
    count_calls(attempt.t, -1)
end

-- Nothing was sent: as if it had not been claimed, but for its number if it was DIALING.
local function withdraw(id, attempt, after, why)
    local number = number_key(attempt.i)
    leave(id, attempt, number)
    uncount_call(number, attempt.at)
    if attempt.show and shown_on(attempt.day, attempt.show) > 0 then count_shown(attempt.day, attempt.show, -1) end
    -- Not a mere minus: to Redis, -0 is no integer.
    spend(attempt.day, 0 - attempt.seconds, 0 - attempt.cost)
    local progress = progress_of(attempt.i)
    if why then hold_back(progress, why) end
    conclude(attempt.i, progress, after)
end

-- Why nobody may be called now, and until when; nil: somebody may.
local function stopped(opens, closes)
    local state, breaker = unpack(redis.call('HMGET', CAMPAIGN, 'state', 'breaker'))
    if state ~= 'running' then return 'not_running', -1 end
    if NOW < opens then return 'window', opens end
    if NOW >= closes then return 'window', -1 end
    if breaker and NOW < tonumber(breaker) then return 'breaker', tonumber(breaker) end
    return nil
end

-- The attempt, if whoever asks has it and it is in that state.
local function held(id, fence, state)
    local attempt = attempt_of(id)
    return attempt and attempt.f == tonumber(fence) and attempt.s == state and attempt
end

-- Whether it may go on; if not, it is withdrawn.
local function still_allowed(id, attempt)
    if is_suppressed(number_key(attempt.i)) then
        withdraw(id, attempt, 'suppressed')
        return false
    end
    if stopped(attempt.opens, attempt.closes) then
        withdraw(id, attempt, NOW)
        return false
    end
    return true
end
