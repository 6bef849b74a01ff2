-- Puts the dead letters of a finished job back, as its next run. Returns how many.
-- ARGV 2 job  3 sealed session or ''  4 its TTL ms  5 who
local j = ARGV[2]
local state, org = fields(j, 'state', 'org')
if state ~= 'completed' and state ~= 'failed' then return 0 end
local letters = call('HGETALL', key('dead', j))
if #letters == 0 then return 0 end
local job = key('job', j)
for _, name in ipairs({'job', 'counters', 'workers', 'errors', 'events', 'flags', 'tries', 'acts'}) do
  call('PERSIST', key(name, j))
end
call('SADD', P .. 'open', j)
call('SADD', key('open', org), j)
call('HDEL', job, 'finish', 'outcome', 'finished_at', 'reason')
call('HSET', job, 'state', 'queued')
call('HINCRBY', job, 'run', 1)
if ARGV[3] ~= '' then call('SET', key('session', j), ARGV[3], 'PX', ARGV[4]) end
for i = 1, #letters, 2 do
  local task, letter = letters[i], cjson.decode(letters[i + 1])
  if task == 'P' then
    call('HSET', job, 'plan', 'open')
  else
    call('HSET', key('chunk', j), task, letter.records .. ' ' .. letter.payload)
    call('HINCRBY', job, 'dead', -1)
    call('HINCRBY', job, 'processed', -letter.records)
    call('HINCRBY', job, 'failed', -letter.records)
  end
  enqueue(j, task, false)
end
call('UNLINK', key('dead', j))
act(j, 'retried', ARGV[5])
event(j, 'retried')
wake(j)
return #letters / 2
