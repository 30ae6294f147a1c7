-- The trunk's token, after what was written is safe. ARGV: attempt, fence. Returns 0: not any more; -1: call now; else
-- the µs until there may be one.
local attempt = held(ARGV[1], ARGV[2], 'dialing')
if not attempt then return 0 end
if NOW >= attempt.lease then
    -- Nobody but whoever asks could have sent it.
    withdraw(ARGV[1], attempt, NOW)
    return 0
end
if not still_allowed(ARGV[1], attempt) then return 0 end
local token = next_token('sends', attempt.t)
if MICROS < token then return token - MICROS end
take_token('sends', limits())
return -1
