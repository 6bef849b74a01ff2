-- Ends a run whose task waits for something outside: it is given back, to run again after delay ms, and costs no attempt.
-- Returns how many leases were still held.
-- ARGV 2 lease  3 delay ms  4 reason
local j, task = parse(ARGV[2])
if not end_lease(j, ARGV[2]) then return 0 end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  if give_back(j, task, tonumber(ARGV[3])) then trouble(j, task, ARGV[4], 0) end
  note(j)
  return 1
end) or 0
