-- Lets all tasks of an org rest because an operator says so. What runs goes on to its end. Returns 1; 0, and nothing changes,
-- when an operator has paused the org already and this call does not know of that pause.
-- ARGV 2 org  3 ms  4 reason  5 who  6 end of the pause whose place this one takes, in ms, or ''
local org, ms = ARGV[2], tonumber(ARGV[3])
local stopped = tonumber(call('ZSCORE', P .. 'stopped', org))
-- Of two operators who pause an org at once the second is told of the first.
if stopped and stopped > NOW and stopped ~= tonumber(ARGV[6]) then return 0 end
pause(org, ms, ARGV[4], true)
call('ZREMRANGEBYSCORE', P .. 'stopped', '-inf', NOW)
call('ZADD', P .. 'stopped', NOW + ms, org)
operation('paused', org, ARGV[5], ARGV[4])
return 1
