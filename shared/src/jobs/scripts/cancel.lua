-- Cancels a job: what has not started is dropped at once. Does nothing to a job that is finishing or has ended.
-- ARGV 2 job
local j = ARGV[2]
if call('SISMEMBER', P .. 'open', j) == 1 then cancel(j, nil) end
return 1
