-- A worker's sign of life, for operators: what it is and does. Gone by itself when none follows. Returns 1.
-- ARGV 2 worker  3 what it tells, JSON  4 ms after which it counts as gone  5 its figures or ''  6 ms for which they are kept
local ms = tonumber(ARGV[4])
if ARGV[5] ~= '' then call('SET', key('figures', ARGV[2]), ARGV[5], 'PX', ARGV[6]) end
call('SET', key('beat', ARGV[2]), ARGV[3], 'PX', ms)
call('ZADD', P .. 'beats', NOW, ARGV[2])
call('ZREMRANGEBYSCORE', P .. 'beats', '-inf', NOW - ms)
call('PEXPIRE', P .. 'beats', ms)
return 1
