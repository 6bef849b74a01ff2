-- Shared by all scripts; the registry puts it in front of each.
-- KEYS[1] <prefix>active   ARGV[1] <prefix>
-- All other keys are built from the prefix, whose hash tag keeps them in one slot.
local P = ARGV[1]
local call = redis.call

-- Redis's own clock, in ms: workers' clocks may differ.
local function clock()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local NOW = clock()

local function key(name, id) return P .. name .. ':' .. id end

-- Fields of a job, as several results; false for what is not there.
local function fields(j, ...) return unpack(call('HMGET', key('job', j), ...)) end

-- job, task, epoch, worker of a lease
local function parse(lease) return string.match(lease, '^([^|]*)|([^|]*)|([^|]*)|(.*)$') end

local function is_chunk(task) return task ~= 'P' and task ~= 'F' end

-- A chunk is stored as "<records> <payload>".
local function chunk(j, task)
  local text = call('HGET', key('chunk', j), task)
  if not text then return 0, '' end
  local records, payload = string.match(text, '^(%d+) (.*)$')
  return tonumber(records), payload
end

-- Chunks that are neither done, nor dead, nor dropped.
local function outstanding(j)
  local total, done, dead, dropped = fields(j, 'total', 'done', 'dead', 'dropped')
  return total - done - dead - dropped
end

local function event(j, kind)
  local v = call('HMGET', key('job', j), 'state', 'run', 'plan', 'total', 'done', 'dead', 'dropped',
    'planned_records', 'processed', 'succeeded', 'skipped', 'failed', 'errors')
  call('XADD', key('events', j), 'MAXLEN', '~', 1000, '*', 'kind', kind, 'state', v[1], 'run', v[2], 'plan', v[3],
    'total', v[4], 'done', v[5], 'dead', v[6], 'dropped', v[7], 'planned_records', v[8], 'processed', v[9],
    'succeeded', v[10], 'skipped', v[11], 'failed', v[12], 'errors', v[13])
end

-- Records what somebody did to a job.
local function act(j, what, by)
  call('RPUSH', key('acts', j), cjson.encode({act = what, by = by, at = NOW}))
  call('LTRIM', key('acts', j), -100, -1)
end

local function wake(j) call('PUBLISH', P .. 'wake', j) end

-- Puts a job into the rotation unless it is there. `listed` says so, and only claim takes it back.
local function list(j)
  if call('HSETNX', key('job', j), 'listed', 1) == 1 then call('RPUSH', P .. 'active', j) end
end

local function enqueue(j, task, at_front)
  call(at_front and 'RPUSH' or 'LPUSH', key('ready', j), task)
  list(j)
end

-- Ends a lease; false when it was not held any more.
local function end_lease(j, lease) return call('ZREM', key('leases', j), lease) == 1 end

local function forget_tries(j, task) call('HDEL', key('tries', j), task .. ':d', task .. ':a', task .. ':c') end

-- Makes the state final: once per run, since only an unfinished job is open.
local function finalize(j)
  if call('SREM', P .. 'open', j) == 0 then return end
  local org, outcome, ttl, dead_ttl = fields(j, 'org', 'outcome', 'ttl', 'dead_ttl')
  call('SREM', key('open', org), j)
  call('HSET', key('job', j), 'state', outcome, 'finish', 'done', 'finished_at', NOW)
  for _, index in ipairs({'expiries', 'delays', 'holds'}) do call('ZREM', P .. index, j) end
  for _, name in ipairs({'session', 'ready', 'leases', 'delayed', 'chunk', 'bits'}) do call('UNLINK', key(name, j)) end
  forget_tries(j, 'F')
  event(j, outcome)
  local keep = call('EXISTS', key('dead', j)) == 1 and dead_ttl or ttl
  for _, name in ipairs({'job', 'counters', 'workers', 'errors', 'events', 'flags', 'tries', 'dead', 'acts'}) do
    call('PEXPIRE', key(name, j), keep)
  end
end

-- Moves a job on after any of its tasks has ended: planning goes on below the low-water mark; the last step is due
-- when nothing is left to run.
local function advance(j)
  local plan, resume_at, cancel, finish = fields(j, 'plan', 'resume_at', 'cancel', 'finish')
  if finish then return end
  local left, outcome = outstanding(j), nil
  if cancel then
    if call('ZCARD', key('leases', j)) == 0 then outcome = 'cancelled' end
  elseif plan == 'parked' then
    if left < tonumber(resume_at) then
      call('HSET', key('job', j), 'plan', 'open')
      enqueue(j, 'P', true)
      wake(j)
    end
  elseif plan ~= 'open' and left == 0 then
    outcome = plan == 'dead' and 'failed' or 'completed'
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
  end
  call('HSET', key('dead', j), task, cjson.encode({
    reason = reason, attempts = attempts, at = NOW, records = records, payload = payload}))
  event(j, 'progress')
  advance(j)
end

-- Notes that a worker is alive; true while nothing may be taken from others. When none was heard of for half a lease,
-- Redis or all workers were away, and the living could not renew: they get half a lease, two heartbeats, to do so.
local function outage(lease_ms)
  local seen, rest_until = unpack(call('HMGET', P .. 'pulse', 'seen', 'rest_until'))
  call('HSET', P .. 'pulse', 'seen', NOW)
  if not seen or NOW - seen > lease_ms / 2 then
    rest_until = NOW + lease_ms / 2
    call('HSET', P .. 'pulse', 'rest_until', rest_until)
  end
  return rest_until and NOW < tonumber(rest_until)
end

-- Drops what has not started. What runs is told to stop and drops itself when it ends.
local function cancel(j, reason)
  local held, finish = fields(j, 'held', 'finish')
  if finish and not held then return end
  local job = key('job', j)
  call('HDEL', job, 'held')
  call('ZREM', P .. 'holds', j)
  if reason then call('HSET', job, 'reason', reason) else call('HDEL', job, 'reason') end
  if finish then return finalize(j) end
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
