-- The point of no return: from here on a crash means, perhaps called. ARGV: attempt, fence, the node that
-- dials, whichever was meant. Returns 1 or 0.
local attempt = held(ARGV[1], ARGV[2], 'claimed')
if not attempt or NOW >= attempt.lease or not still_allowed(ARGV[1], attempt) then return 0 end
local number = number_key(attempt.i)
uncount_call(number, attempt.at)
count_call(number, NOW)
attempt.at, attempt.s, attempt.node = NOW, 'dialing', ARGV[3]
save_attempt(ARGV[1], attempt)
local progress = progress_of(attempt.i)
progress.n = attempt.n
hold_back(progress, nil)
enter(attempt.i, progress, 'dialing')
tell('dialing', 'contact', attempt.i, 'attempt', ARGV[1])
return 1
