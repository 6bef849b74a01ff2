-- Remembers a fact for a job; only who holds a lease of it may. Returns 1 when the lease is held.
-- ARGV 2 lease  3 name  4 value  5 1 to leave what is remembered by that name already
local j = parse(ARGV[2])
if not call('ZSCORE', key('leases', j), ARGV[2]) then return 0 end
call(ARGV[5] == '1' and 'HSETNX' or 'HSET', key('flags', j), ARGV[3], ARGV[4])
return 1
