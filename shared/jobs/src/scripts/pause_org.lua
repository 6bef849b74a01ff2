-- Lets an org's tasks rest for a while, and gives the task back that asked for it. Costs no attempt.
-- Returns 1 when the lease was still held. A pause is never shortened.
-- ARGV 2 lease  3 pause ms  4 reason
local lease = ARGV[2]
local j, task = parse(lease)
local org = fields(j, 'org')
if not org then return 0 end
pause(org, tonumber(ARGV[3]), ARGV[4])
if not end_lease(j, lease) then return 0 end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  give_back(j, task, 0)
  note(j)
  return 1
end) or 0
