-- Nothing was sent. ARGV: attempt, fence, state, when to call or the outcome; empty: at once. Returns 1 or 0.
local attempt = attempt_of(ARGV[1])
if not attempt or attempt.f ~= tonumber(ARGV[2]) or attempt.s ~= ARGV[3] then return 0 end
withdraw(ARGV[1], attempt, ARGV[4] == '' and NOW or ARGV[4])
return 1
