-- The end of an attempt: the first one counts. ARGV: attempt, result, when to call or the outcome, ms, millionths,
-- for the breaker: h(uman), f(ailed) or another letter, what was found out (JSON; empty: nothing). Returns 1 or 0.
local attempt = attempt_of(ARGV[1])
if not attempt or attempt.s == 'claimed' then return 0 end
local contact, result, length, cost = attempt.i, ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5])
leave(ARGV[1], attempt, number_key(contact))
spend(attempt.day, length - attempt.seconds, cost - attempt.cost)
redis.call('HINCRBY', CAMPAIGN, 'r:' .. result, 1)
tell('finished', 'contact', contact, 'attempt', ARGV[1], 'result', result, 'ms', length, 'then', ARGV[3])

local limit = limits()
local progress = progress_of(contact)
progress.a = progress.a or {}
-- What was shown is worth its room only where it could have been another number.
progress.a[#progress.a + 1] = {attempt.at, result, length, cost, #limit.shown > 1 and attempt.show or nil}
if #progress.a > MOST_ATTEMPTS then table.remove(progress.a, 1) end
if ARGV[7] ~= '' then progress.f = cjson.decode(ARGV[7]) end
conclude(contact, progress, ARGV[3])
if ARGV[3] == 'reached' then count_reached(number_key(contact), attempt.c) end

local letter = ARGV[6] == 'h' and length < limit.short_seconds and 's' or ARGV[6]
local recent = string.sub((redis.call('HGET', CAMPAIGN, 'recent') or '') .. letter, -limit.sample)
local _, failed = string.gsub(recent, 'f', '')
local _, short = string.gsub(recent, 's', '')
if #recent >= limit.sample and (failed >= limit.failed * limit.sample or short >= limit.short * limit.sample) then
    redis.call('HSET', CAMPAIGN, 'breaker', NOW + limit.rest)
    recent = ''
    tell('breaker', 'failed', failed, 'short', short)
end
redis.call('HSET', CAMPAIGN, 'recent', recent)
return 1
