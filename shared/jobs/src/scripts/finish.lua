-- Ends the last step: the job's state becomes final. Returns 1 when the lease was still held.
-- ARGV 2 lease
local j = parse(ARGV[2])
if not end_lease(j, ARGV[2]) then return 0 end
finalize(j)
return 1
