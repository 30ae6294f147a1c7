-- Somebody or something picked up. ARGV: attempt. Returns 1 or 0.
local attempt = attempt_of(ARGV[1])
if not attempt or attempt.s ~= 'dialing' then return 0 end
attempt.s = 'answered'
save_attempt(ARGV[1], attempt)
enter(attempt.i, progress_of(attempt.i), 'answered')
tell('answered', 'contact', attempt.i, 'attempt', ARGV[1])
return 1
