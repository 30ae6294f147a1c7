-- Microseconds since the epoch, by the one clock that all machines share.
local function micros()
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2]
end
