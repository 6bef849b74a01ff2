-- Lets all tasks of an org rest because an operator says so. What runs goes on to its end. Returns 1.
-- ARGV 2 org  3 ms  4 reason  5 who
local org, ms = ARGV[2], tonumber(ARGV[3])
pause(org, ms, ARGV[4], true)
call('ZREMRANGEBYSCORE', P .. 'stopped', '-inf', NOW)
call('ZADD', P .. 'stopped', NOW + ms, org)
operation('paused', org, ARGV[5], ARGV[4])
return 1
