-- Lets a held job go on, with a new session if one is given. Returns 1 when it was held.
-- ARGV 2 job  3 sealed session or ''  4 its TTL ms  5 who  6 new with each call
local j = ARGV[2]
local org, held, finish = fields(j, 'org', 'held', 'finish')
if not held then return is_repeated(j, ARGV[6]) and 1 or 0 end
local job = key('job', j)
if ARGV[3] ~= '' then
  call('SET', key('session', j), ARGV[3], 'PX', ARGV[4])
  call('HSET', job, 'session_epoch', fields(j, 'epoch'), 'with_session', 1)
end
call('HDEL', job, 'held', 'reason')
call('ZREM', P .. 'holds', j)
call('SREM', key('held', org), j)
call('HSET', job, 'state', finish and 'finishing' or 'running')
if call('EXISTS', key('ready', j)) == 1 then list(j) end
act(j, 'resumed', ARGV[5], ARGV[6])
event(j, 'resumed')
wake(j)
return 1
