-- A longer lease. ARGV: attempt, lease (ms). Returns 1, or 0: it is over, or may be given to somebody else.
local attempt = attempt_of(ARGV[1])
if not attempt or (attempt.s == 'claimed' and NOW >= attempt.lease) then return 0 end
attempt.lease = NOW + ARGV[2]
save_attempt(ARGV[1], attempt)
return 1
