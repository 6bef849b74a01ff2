-- Cancels a job: what has not started is dropped at once. Does nothing to a job that is finishing or has ended. Returns 1
-- when it was this call that cancelled it.
-- ARGV 2 job  3 who  4 new with each call
local j = ARGV[2]
if is_repeated(j, ARGV[4]) then return 1 end
if call('SISMEMBER', P .. 'open', j) == 0 then return 0 end
local held, finish, cancelled = fields(j, 'held', 'finish', 'cancel')
if not held and (finish or cancelled) then return 0 end
act(j, 'cancelled', ARGV[3], ARGV[4])
cancel(j, nil)
return 1
