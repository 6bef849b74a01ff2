-- Shared by all scripts; the registry puts in front of each what it uses of this (link.rs). Only local definitions, each at
-- the start of a line and after those that it uses; text in single quotes.
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

-- A whole number as text. Redis writes a number that Lua hands it with 17 digits, which costs more than many a command.
local function whole(number) return string.format('%d', number) end

-- Fields of a job, as several results; false for what is not there.
local function fields(j, ...) return unpack(call('HMGET', key('job', j), ...)) end

-- job, task, epoch, worker of a lease. What follows is the random part; leases of the version before have none.
local function parse(lease) return string.match(lease, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)') end

-- The random part of a lease: the same for all leases of one claim.
local function random_part(lease) return string.match(lease, '[^|]*$') end

-- The random part of the lease by which a plan goes on with a chunk. No claim makes one like it, so it is found again.
local function goes_on_as(plan_lease) return random_part(plan_lease) .. '+' end

-- Whether a text is a whole number of at most this many digits.
local function is_count(text, digits)
  return text and text ~= '' and #text <= digits and not string.find(text, '%D')
end

local function is_chunk(task) return task ~= 'P' and task ~= 'F' end

-- A chunk is stored as "<records> <payload>".
local function chunk(j, task)
  local text = call('HGET', key('chunk', j), task)
  if not text then return 0, '' end
  local records, payload = string.match(text, '^(%d+) (.*)$')
  -- What is not so was written by somebody else, and has no proof.
  if not is_count(records, 15) then return 0, '' end
  return tonumber(records), payload
end

-- Chunks that are neither done, nor dead, nor dropped.
local function outstanding(j)
  local total, done, dead, dropped = fields(j, 'total', 'done', 'dead', 'dropped')
  return total - done - dead - dropped
end

local function add_event(j, id, kind, v)
  call('XADD', key('events', j), 'MAXLEN', '~', 1000, id, 'kind', kind, 'state', v[1], 'run', v[2], 'plan', v[3],
    'total', v[4], 'done', v[5], 'dead', v[6], 'dropped', v[7], 'planned_records', v[8], 'processed', v[9],
    'succeeded', v[10], 'skipped', v[11], 'failed', v[12], 'errors', v[13])
end

-- Records what somebody did to a job. `once` is new with each call, and the same where that is repeated.
local function act(j, what, by, once)
  call('RPUSH', key('acts', j), cjson.encode({act = what, actor = by, at = NOW, once = once}))
  call('LTRIM', key('acts', j), -100, -1)
end

-- Whether the last act on a job was this very call, which is repeated because its answer was lost.
local function is_repeated(j, once)
  local last = once and call('LINDEX', key('acts', j), -1)
  return last and cjson.decode(last).once == once
end

-- Adds to a list of what operators did; the last hundred are kept for 30 days.
local function keep_entry(list, entry)
  call('RPUSH', list, cjson.encode(entry))
  call('LTRIM', list, -100, -1)
  call('EXPIRE', list, 30 * 24 * 60 * 60)
end

-- Records what an operator did to an org.
local function operation(what, org, by, why)
  keep_entry(P .. 'operations', {act = what, org = org, actor = by, reason = why, at = NOW})
end

-- Ms between two entries of a job's course at first, how many there are of the whole of it at least, and the most bytes.
local COURSE_STEP, COURSE_ENTRIES, COURSE_BYTES = 250, 48, 4096

-- Adds to a job's course how it stands: '<ms> <total> <done> <dead> <dropped> <running> <retried> <ended>;' of its chunks.
-- `ended` chunks have just ended: they count as what they were until now, so that who runs one at a time is not seen to rest.
local function note(j, ended)
  local job, course, running = key('job', j), key('course', j), ended or 0
  local total, done, dead, dropped, retried, from, created, ttl, dead_ttl = fields(j, 'total', 'done', 'dead', 'dropped',
    'retried', 'course_from', 'created_at', 'ttl', 'dead_ttl')
  for _, lease in ipairs(call('ZRANGE', key('leases', j), 0, -1)) do
    local _, task = parse(lease)
    if is_chunk(task) then running = running + 1 end
  end
  -- There is no such job any more.
  if not created then return end
  local entry = string.format('%d %s %s %s %s %d %s %d;', NOW, total or 0, (tonumber(done) or 0) - (ended or 0), dead or 0,
    dropped or 0, running, retried or 0, ended or 0)
  local length = redis.pcall('APPEND', course, entry)
  -- Nothing that matters waits for what is only told.
  if type(length) == 'table' then
    call('SET', course, entry)
    length = #entry
  end
  from = tonumber(from or created) or NOW
  local step = math.max(COURSE_STEP, math.floor((NOW - from) / COURSE_ENTRIES))
  if length > COURSE_BYTES then
    -- The last entry of each part that is as long as a step.
    local kept, last = {}, nil
    for one, at in string.gmatch(call('GET', course), '((%d+)[^;]*;)') do
      local part = math.floor((at - from) / step)
      kept[part == last and #kept or #kept + 1] = one
      last = part
    end
    call('SET', course, table.concat(kept), 'KEEPTTL')
  end
  -- A process of the version before ends the job without a look at it.
  if length == #entry then call('PEXPIRE', course, whole(2 * ((tonumber(ttl) or 0) + (tonumber(dead_ttl) or 0)) + 1)) end
  call('HSET', job, 'course_at', whole(NOW + step))
end

-- A task is not done and is tried again.
local function note_again(j)
  call('HINCRBY', key('job', j), 'retried', 1)
  note(j)
end

-- A stream takes 5 KB from its first entry on, so a job gets it, with the event of its creation, when more happens.
local function event(j, kind, ended)
  local v = call('HMGET', key('job', j), 'state', 'run', 'plan', 'total', 'done', 'dead', 'dropped',
    'planned_records', 'processed', 'succeeded', 'skipped', 'failed', 'errors', 'created_at')
  -- Nothing that matters waits for what is only told.
  for i = 1, 13 do v[i] = v[i] or 0 end
  local found = call('TYPE', key('events', j)).ok
  if found ~= 'stream' then
    if found ~= 'none' then call('UNLINK', key('events', j)) end
    add_event(j, (is_count(v[14], 15) and v[14] or NOW) .. '-0', 'queued', {'queued', 1, 'open', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
  end
  add_event(j, '*', kind, v)
  -- The course has an entry of each step, not of each chunk: of as many as end in one on the average.
  local age, done = NOW - (tonumber(v[14]) or NOW), tonumber(v[5]) or 0
  local stride = math.max(1, math.floor(done * math.max(COURSE_STEP / age, 1 / COURSE_ENTRIES)))
  if age >= COURSE_STEP and (not ended or v[2] ~= '1' or done % stride == 0) then note(j, ended) end
end

local function wake(j) call('PUBLISH', P .. 'wake', j) end

local ORGS, RESTS = P .. 'orgs', P .. 'rests'

-- Puts a member at the end of a rotation, unless it is there. Returns 1 when it was not.
local function queue_up(rotation, member)
  local last = call('ZRANGE', rotation, '-1', '-1', 'WITHSCORES')[2]
  return call('ZADD', rotation, 'NX', whole((last or 0) + 1), member)
end

-- Puts an org into the rotation of orgs, unless it rests or is there.
local function list_org(org)
  if not call('ZRANK', ORGS, org) and not call('ZRANK', RESTS, org) then queue_up(ORGS, org) end
end

-- Puts a job into its org's rotation, and the org into that of the orgs, unless they rest. A held job gets there when
-- it is resumed.
local function list(j)
  local org, held = fields(j, 'org', 'held')
  if not org or held then return end
  if queue_up(key('active', org), j) == 1 then call('HSET', key('job', j), 'waits_since', whole(NOW)) end
  list_org(org)
end

local function enqueue(j, task, at_front)
  call(at_front and 'RPUSH' or 'LPUSH', key('ready', j), task)
  list(j)
end

-- An org that rested may have something to start now; if not, the next claim sees that.
local function end_rest(org)
  if call('ZREM', RESTS, org) == 1 then queue_up(ORGS, org) end
end

-- Ms for which the silence of an org that has nothing to run is remembered.
local SILENT_KEPT = 60 * 60 * 1000

-- What is only told of a job. Where somebody else has written another type it is removed, lest a task not come to its end.
local TOLD = {counters = 'hash', workers = 'hash', errors = 'list', troubles = 'hash'}
local function mend_told(j)
  for name, kind in pairs(TOLD) do
    local told = key(name, j)
    local found = call('TYPE', told).ok
    if found ~= kind and found ~= 'none' then call('UNLINK', told) end
  end
end

-- Ends a lease; false when it was not held any more. An org that was at its limit has room now.
local function end_lease(j, lease)
  local leases = key('leases', j)
  -- First, so that where this cannot be done the lease is still there to run out.
  call('HDEL', key('beside', j), lease)
  if call('ZREM', leases, lease) == 0 then return false end
  mend_told(j)
  local org = fields(j, 'org')
  if call('EXISTS', leases) == 0 then call('SREM', key('running', org), j) end
  end_rest(org)
  return true
end

-- Leases a task of the job, which is in no other place. Returns the lease and how often the task was leased by now.
local function begin_lease(j, org, task, lease_ms, worker, random)
  local job = key('job', j)
  -- The epoch would be enough, did Redis not come back now and then as it was some moments before.
  local lease = j .. '|' .. task .. '|' .. call('HINCRBY', job, 'epoch', 1) .. '|' .. worker .. '|' .. random
  call('ZADD', key('leases', j), NOW + lease_ms, lease)
  call('HSET', job, 'waits_since', NOW)
  call('SADD', key('running', org), j)
  call('ZADD', P .. 'expiries', 'LT', NOW + lease_ms, j)
  return lease, call('HINCRBY', key('tries', j), task .. ':d', 1)
end

-- Calls that tasks of a job may have under way: one for each lease, and those beside it. Then its leases.
local function calls_of(j)
  local leases = call('ZCARD', key('leases', j))
  local calls = leases
  for _, beside in ipairs(call('HVALS', key('beside', j))) do
    if not is_count(beside, 9) then error({err = 'beside'}) end
    calls = calls + beside
  end
  return calls, leases
end

-- The same for all tasks of an org. Counted from the leases of those of its jobs that have any, so no counter can drift.
-- `guard` is called as guard(j, org, act, argument) for each job, and returns what act does, or nothing.
local function in_use(org, guard)
  local calls, running = 0, key('running', org)
  for _, j in ipairs(call('SMEMBERS', running)) do
    local of_job, leases = guard(j, org, calls_of, j)
    calls = calls + (of_job or 0)
    if (leases or 0) == 0 then call('SREM', running, j) end
  end
  return calls
end

-- Lets an org rest for `ms` at least, and notes since when it does. A pause is never shortened, unless an operator says so.
local function pause(org, ms, reason, whatever)
  local key_of, since = key('pause', org), key('paused_since', org)
  local left = call('PTTL', key_of)
  if not whatever and left >= ms then return end
  local began = left > 0 and call('GET', since)
  call('SET', key_of, reason, 'PX', ms)
  call('SET', since, began or NOW, 'PX', ms)
end

-- Since when an org rests; false when it does not, or a process of the version before began it.
local function paused_since(org)
  local since = call('GET', key('paused_since', org))
  return is_count(since, 15) and since
end

-- Whether the org rests for now, or one task tries it for all.
local function is_resting(org) return call('EXISTS', key('pause', org), key('silent', org)) > 0 end

local function forget_tries(j, task)
  call('HDEL', key('tries', j), task .. ':d', task .. ':a', task .. ':c')
  call('HDEL', key('troubles', j), task)
end

-- Notes why a task was not done and is tried again. Of very many such tasks of a job, some are enough.
local MOST_TROUBLES = 20
local function trouble(j, task, reason, attempts)
  local troubles = key('troubles', j)
  if call('HEXISTS', troubles, task) == 1 or call('HLEN', troubles) < MOST_TROUBLES then
    call('HSET', troubles, task, cjson.encode({error = reason, attempts = attempts, at = NOW}))
  end
end

-- Counts what happened in this minute, which is kept for an hour and some minutes, and since ever.
local MINUTE_KEPT = 65 * 60
local function tally(what, count)
  local minute = key('minute', whole(math.floor(NOW / 60000)))
  count = tonumber(count)
  if count <= 0 then return end
  if call('HINCRBY', minute, what, count) == count then call('EXPIRE', minute, MINUTE_KEPT) end
  call('HINCRBY', P .. 'totals', what, count)
end
