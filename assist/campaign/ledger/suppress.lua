-- Numbers that nobody may call, or not this campaign. ARGV: source, then numbers. Returns how many were not yet.
local list = CAMPAIGN and UNWANTED or SUPPRESSED
local new = 0
for index = 2, #ARGV do new = new + redis.call('HSETNX', list, ARGV[index], NOW .. ' ' .. ARGV[1]) end
return new
