-- Lets the dead letters of a finished job run again, as its next run. They are put back up to a mark, and further ones as
-- chunks end (see advance), so neither this call nor any other is long, and none depends on another one of the caller.
-- Returns how many letters there are; 0 when the job is not one that has some to put back; -1 when the org has as many open
-- jobs as it may. Of one letter alone the others stay.
-- ARGV 2 job  3 sealed session or ''  4 its TTL ms  5 who  6 new with each call  7 most chunks to put back at a time
--      8 most open jobs  9 the one task, or '' for all
local j, mark, one = ARGV[2], tonumber(ARGV[7]), ARGV[9] or ''
local state, org = fields(j, 'state', 'org')
if is_repeated(j, ARGV[6]) then return 1 end
if state ~= 'completed' and state ~= 'failed' then return 0 end
local job, dead, again = key('job', j), key('dead', j), key('again', j)
local letters = call('HLEN', dead) + call('HLEN', again)
if letters == 0 then return 0 end
local letter = one ~= '' and call('HGET', dead, one)
if one ~= '' then
  if not letter and call('HEXISTS', again, one) == 0 then return 0 end
  letters = 1
end
if call('SCARD', key('open', org)) >= tonumber(ARGV[8]) then return -1 end
for _, name in ipairs(REMAINS) do call('PERSIST', key(name, j)) end
call('ZREM', key('kept', org), j)
call('ZREM', key('kept_dead', org), j)
call('SADD', P .. 'open', j)
call('SADD', key('open', org), j)
call('HDEL', job, 'finish', 'outcome', 'finished_at')
-- The plan's own end stays the reason while the plan is not tried again.
if one == '' or one == 'P' or call('HEXISTS', dead, 'P') == 0 then call('HDEL', job, 'reason') end
call('HSET', job, 'state', 'queued', 'again', mark)
call('HINCRBY', job, 'run', 1)
if ARGV[3] ~= '' then
  call('SET', key('session', j), ARGV[3], 'PX', ARGV[4])
  call('HSET', job, 'with_session', 1)
end
if letter then
  call('HSET', again, one, letter)
  call('HDEL', dead, one)
elseif one ~= '' then
  -- It is among those that a version before has not put back.
elseif call('EXISTS', again) == 0 then
  call('RENAME', dead, again)
else
  -- A worker of the version before has ended a retry early.
  local more = call('HGETALL', dead)
  for i = 1, #more, 2 do call('HSET', again, more[i], more[i + 1]) end
  call('UNLINK', dead)
end
if call('HDEL', again, 'P') == 1 then
  call('HSET', job, 'plan', 'open')
  enqueue(j, 'P', false)
end
if call('EXISTS', dead) == 0 then call('ZREM', P .. 'buried', j) end
put_back(j, mark)
act(j, 'retried', ARGV[5], ARGV[6])
-- Of the last run nothing is drawn any more.
call('UNLINK', key('course', j))
call('HSET', job, 'course_from', whole(NOW))
note(j)
event(j, 'retried')
wake(j)
return letters
