-- Cancels a job: what has not started is dropped at once. Does nothing to a job that is finishing or has ended.
-- ARGV 2 job  3 who
local j = ARGV[2]
if call('SISMEMBER', P .. 'open', j) == 0 then return 1 end
local held, finish, cancelled = fields(j, 'held', 'finish', 'cancel')
if held or not (finish or cancelled) then
  act(j, 'cancelled', ARGV[3])
  cancel(j, nil)
end
return 1
