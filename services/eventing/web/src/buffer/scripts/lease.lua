-- Takes or renews the lease of a subscription. Returns 1 when the caller holds it.
-- ARGV 2 subscription  3 lease  4 ttl ms
local lease = key('lease', ARGV[2])
local holder = call('GET', lease)
if holder and holder ~= ARGV[3] then return 0 end
call('SET', lease, ARGV[3], 'PX', ARGV[4])
return 1
