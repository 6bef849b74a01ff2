-- Shared by the scripts that end tasks and jobs, as lib.lua, behind which it stands.

-- What an ended job leaves.
local REMAINS =
  {'job', 'params', 'counters', 'workers', 'errors', 'events', 'flags', 'tries', 'dead', 'again', 'acts', 'course'}
-- Parameters longer than this, in bytes, do not outlive a job that cannot be retried.
local LONG_PARAMS = 4096

-- The oldest ended jobs of an org go when there are more than it keeps. Few at a time: each end of a job adds one only.
local function make_room(index, org, most, ttl)
  call('ZREMRANGEBYSCORE', index, '-inf', NOW - ttl)
  call('PEXPIRE', index, ttl)
  local over = call('ZCARD', index) - most
  if over <= 0 then return end
  for _, old in ipairs(call('ZRANGE', index, 0, math.min(over, 10) - 1)) do
    call('ZREM', index, old)
    if call('SISMEMBER', P .. 'open', old) == 0 then
      local user = fields(old, 'user')
      if user then call('ZREM', key('mine', org .. ':' .. user), old) end
      for _, name in ipairs(REMAINS) do call('UNLINK', key(name, old)) end
      call('ZREM', key('jobs', org), old)
      call('ZREM', P .. 'all', old)
      call('ZREM', P .. 'buried', old)
      call('ZREM', P .. 'failed', old)
      call('ZREM', P .. 'cancelled', old)
    end
  end
end

-- Makes the state final: once per run, since only an unfinished job is open.
local function finalize(j)
  if call('SREM', P .. 'open', j) == 0 then return end
  local job = key('job', j)
  local org, outcome, ttl, dead_ttl, most = fields(j, 'org', 'outcome', 'ttl', 'dead_ttl', 'keep')
  call('SREM', key('open', org), j)
  call('SREM', key('running', org), j)
  call('SREM', key('held', org), j)
  call('ZREM', key('active', org), j)
  call('HSET', job, 'state', outcome, 'finish', 'done', 'finished_at', NOW)
  call('HDEL', job, 'listed', 'again')
  for _, index in ipairs({'expiries', 'delays', 'holds'}) do call('ZREM', P .. index, j) end
  local gone = {'session', 'ready', 'leases', 'beside', 'delayed', 'chunk', 'bits', 'troubles'}
  for _, name in ipairs(gone) do call('UNLINK', key(name, j)) end
  forget_tries(j, 'F')
  event(j, outcome)
  call('XTRIM', key('events', j), 'MAXLEN', '~', 100)
  local letters = call('EXISTS', key('dead', j), key('again', j)) > 0
  if not letters then
    local params = key('params', j)
    -- The version before kept them in the job.
    local bytes = math.max(call('STRLEN', params), call('HSTRLEN', job, 'params'))
    if bytes > LONG_PARAMS then
      call('UNLINK', params)
      call('HDEL', job, 'params')
      call('HSET', job, 'params_bytes', bytes)
    end
  end
  local keep = letters and dead_ttl or ttl
  if letters then
    call('ZADD', P .. 'buried', NOW, j)
    call('ZREMRANGEBYSCORE', P .. 'buried', '-inf', NOW - keep)
  else
    call('ZREM', P .. 'buried', j)
  end
  -- Few end otherwise than well, and operators look for these.
  if outcome ~= 'failed' then call('ZREM', P .. 'failed', j) end
  if outcome ~= 'completed' then
    local horizon = 2 * (ttl + dead_ttl)
    call('ZADD', P .. outcome, fields(j, 'created_at') or NOW, j)
    call('ZREMRANGEBYSCORE', P .. outcome, '-inf', NOW - horizon)
    call('PEXPIRE', P .. outcome, horizon)
  end
  -- A job of a version that did not list it.
  call('ZADD', P .. 'all', 'NX', fields(j, 'created_at') or NOW, j)
  tally('jobs_' .. outcome, 1)
  for _, name in ipairs(REMAINS) do call('PEXPIRE', key(name, j), keep) end
  if most then
    local index = key(letters and 'kept_dead' or 'kept', org)
    call('ZADD', index, NOW, j)
    make_room(index, org, tonumber(most), keep)
  end
end

-- Puts up to `most` of the dead letters that a retried job still has to run back. How many they were.
local function put_back(j, most)
  local job, again, ready = key('job', j), key('again', j), key('ready', j)
  local letters = call('HRANDFIELD', again, most, 'WITHVALUES')
  local chunks, records = 0, 0
  for i = 1, #letters, 2 do
    local task, letter = letters[i], cjson.decode(letters[i + 1])
    call('HDEL', again, task)
    call('HSET', key('chunk', j), task, string.format('%.0f ', letter.records) .. letter.payload)
    call('LPUSH', ready, task)
    chunks, records = chunks + 1, records + letter.records
  end
  if call('EXISTS', again) == 0 then call('HDEL', job, 'again') end
  if chunks > 0 then
    call('HINCRBY', job, 'dead', 0 - chunks)
    -- Subtracted from zero, since the negative of zero reads "-0", which is no number to Redis.
    call('HINCRBY', job, 'processed', 0 - records)
    call('HINCRBY', job, 'failed', 0 - records)
    list(j)
  end
  return chunks
end

-- Moves a job on after any of its tasks has ended: planning, and a retry, go on below the low-water mark; the last step
-- is due when nothing is left to run.
local function advance(j)
  local plan, resume_at, cancel, finish, again = fields(j, 'plan', 'resume_at', 'cancel', 'finish', 'again')
  if finish then return end
  local left, outcome = outstanding(j), nil
  if cancel then
    if call('ZCARD', key('leases', j)) == 0 then outcome = 'cancelled' end
  else
    if again and left < math.max(1, math.floor(again / 2)) then
      left = left + put_back(j, again - left)
      wake(j)
    end
    if plan == 'parked' then
      if left < tonumber(resume_at) then
        call('HSET', key('job', j), 'plan', 'open')
        enqueue(j, 'P', true)
        wake(j)
      end
    elseif plan ~= 'open' and left == 0 then
      outcome = plan == 'dead' and 'failed' or 'completed'
    end
  end
  if outcome then
    call('HSET', key('job', j), 'finish', 'due', 'outcome', outcome)
    if not fields(j, 'held') then call('HSET', key('job', j), 'state', 'finishing') end
    enqueue(j, 'F', true)
    event(j, 'finishing')
    wake(j)
  end
end

-- Ends a task of a cancelled job without running it again.
local function drop(j, task)
  if task == 'P' then
    call('HSET', key('job', j), 'plan', 'dropped')
  else
    call('HINCRBY', key('job', j), 'dropped', 1)
    call('HDEL', key('chunk', j), task)
  end
  forget_tries(j, task)
end

-- Puts a task that has no lease any more back: at once in front, or after delay ms. True when it will run again.
local function give_back(j, task, delay)
  if fields(j, 'cancel') and task ~= 'F' then
    drop(j, task)
    advance(j)
    return false
  end
  if delay > 0 then
    call('ZADD', key('delayed', j), NOW + delay, task)
    call('ZADD', P .. 'delays', 'LT', NOW + delay, j)
  else
    enqueue(j, task, true)
  end
  return true
end

-- Gives a task up. A plan or chunk becomes a dead letter; the last step ends the job all the same.
local function bury(j, task, reason)
  local job, tries = key('job', j), key('tries', j)
  local attempts = tonumber(call('HGET', tries, task .. ':a') or 0)
  call('HDEL', tries, task .. ':a', task .. ':c')
  call('HDEL', key('troubles', j), task)
  if task == 'F' then
    call('HSET', job, 'reason', reason)
    finalize(j)
    return
  end
  local records, payload = 0, ''
  if task == 'P' then
    call('HSET', job, 'plan', 'dead', 'reason', reason)
  else
    records, payload = chunk(j, task)
    call('HDEL', key('chunk', j), task)
    call('HINCRBY', job, 'dead', 1)
    call('HINCRBY', job, 'processed', records)
    call('HINCRBY', job, 'failed', records)
    tally('processed', records)
    tally('failed', records)
  end
  tally('dead', 1)
  call('ZADD', P .. 'buried', NOW, j)
  call('HSET', key('dead', j), task, cjson.encode({
    reason = reason, attempts = attempts, at = NOW, records = records, payload = payload}))
  event(j, 'progress')
  advance(j)
end

-- Notes that a worker is alive; true while nothing may be taken from others. When none was heard of for half a lease,
-- Redis or all workers were away, and the living could not renew: they get half a lease, two heartbeats, to do so.
local function outage(lease_ms)
  local seen, rest_until = unpack(call('HMGET', P .. 'pulse', 'seen', 'rest_until'))
  seen, rest_until = seen and tonumber(seen), rest_until and tonumber(rest_until)
  call('HSET', P .. 'pulse', 'seen', NOW)
  if not seen or NOW - seen > lease_ms / 2 then
    rest_until = NOW + lease_ms / 2
    call('HSET', P .. 'pulse', 'rest_until', rest_until)
  end
  return rest_until and NOW < rest_until
end

-- Drops what has not started. What runs is told to stop and drops itself when it ends. A job whose last step is due or
-- runs stays as it is, unless the step is held: then the job ends without it. In any other case it ends as cancelled.
local function cancel(j, reason)
  local org, held, finish = fields(j, 'org', 'held', 'finish')
  if finish and not held then return end
  local job = key('job', j)
  call('HDEL', job, 'held')
  call('ZREM', P .. 'holds', j)
  call('SREM', key('held', org), j)
  if reason then call('HSET', job, 'reason', reason) else call('HDEL', job, 'reason') end
  if finish then
    call('HSET', job, 'outcome', 'cancelled')
    return finalize(j)
  end
  if fields(j, 'cancel') then return end
  call('HSET', job, 'cancel', 1, 'state', 'cancelling')
  event(j, 'cancelling')
  local waiting = call('LRANGE', key('ready', j), 0, -1)
  for _, task in ipairs(call('ZRANGE', key('delayed', j), 0, -1)) do waiting[#waiting + 1] = task end
  if fields(j, 'plan') == 'parked' then waiting[#waiting + 1] = 'P' end
  for _, task in ipairs(waiting) do drop(j, task) end
  call('UNLINK', key('ready', j), key('delayed', j))
  call('ZREM', P .. 'delays', j)
  call('PUBLISH', P .. 'cancel', j)
  advance(j)
end
