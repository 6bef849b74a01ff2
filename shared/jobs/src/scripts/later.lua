-- Ends a run whose task waits for something outside: it is given back, to run again after delay ms, and costs no attempt.
-- Returns how many leases were still held.
-- ARGV 2 lease  3 delay ms  4 reason
local j, task = parse(ARGV[2])
if not end_lease(j, ARGV[2]) then return 0 end
if give_back(j, task, tonumber(ARGV[3])) then trouble(j, task, ARGV[4], 0) end
return 1
