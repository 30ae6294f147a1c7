-- Nothing was sent. ARGV: attempt, fence, state, when to call or the outcome; empty: at once; why,
-- if somebody held it back; or empty. Returns 1 or 0.
local attempt = held(ARGV[1], ARGV[2], ARGV[3])
if not attempt then return 0 end
withdraw(ARGV[1], attempt, ARGV[4] == '' and NOW or ARGV[4], ARGV[5] ~= '' and ARGV[5] or nil)
return 1
