-- Milliseconds since the epoch, by the one clock that all machines share.
local function millis()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
