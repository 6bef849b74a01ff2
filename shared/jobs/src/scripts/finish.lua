-- Ends the last step: the job's state becomes final. Returns 1 when the lease was still held.
-- ARGV 2 lease
local j = parse(ARGV[2])
if not end_lease(j, ARGV[2]) then return 0 end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  finalize(j)
  return 1
end) or 0
