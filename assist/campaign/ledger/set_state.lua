-- What the owner wants. ARGV: state. Returns 1 if the campaign is in that state now, 0 if it cannot be, -1 if there is
-- no such campaign.
local POSSIBLE = {
    draft = {running = true, cancelled = true},
    running = {paused = true, cancelled = true, finished = true},
    paused = {running = true, cancelled = true, finished = true},
    finished = {running = true, cancelled = true},
    cancelled = {},
}
local state = redis.call('HGET', CAMPAIGN, 'state')
if not state then return -1 end
if state == ARGV[1] then return 1 end
if not POSSIBLE[state][ARGV[1]] then return 0 end
local left = number_of(CAMPAIGN, 'n:waiting') + number_of(CAMPAIGN, 'calls') + redis.call('LLEN', ARRIVED)
if ARGV[1] == 'finished' and left > 0 then return 0 end
redis.call('HSET', CAMPAIGN, 'state', ARGV[1])
-- Whoever lets it run again has seen why it stopped.
redis.call('HDEL', CAMPAIGN, 'breaker', 'recent')
tell('state', 'state', ARGV[1])
return 1
