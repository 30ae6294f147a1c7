-- A campaign, or new limits for one that is there. ARGV: campaign, limits.
redis.call('SADD', CAMPAIGNS, ARGV[1])
redis.call('HSETNX', CAMPAIGN, 'state', 'draft')
redis.call('HSET', CAMPAIGN, 'limits', ARGV[2])
return 1
