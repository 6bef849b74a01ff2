-- Hands out tasks. Orgs take turns, and so do the jobs of an org; a turn is one task. Only what may start something is
-- looked at: held jobs are not in the rotation of their org, and an org that is paused or at its limit rests outside of
-- that of the orgs. A claim that meets such an org puts it to rest. The limit of an org that did not answer is one task,
-- which tries it: the probe.
-- A job that cannot be read is set aside; what is in Redis for one job or org keeps no other from its turn.
-- Returns {more, {{job, kind, org, params, request id, run, cursor, session, user, proof, proof of the cursor, trace}...},
-- {{lease, payload, records, delivery, attempts, probe}...}, {{job or org that was set aside, why}...}, {kind...}}:
-- the last are kinds of jobs that were passed over. more = 1 when it stopped before it had looked at all there is;
-- probe = how often the org has rested, 0 when it answers.
-- ARGV 2 most tasks  3 lease ms  4 worker  5 random part of the leases  6 org limit  7 most jobs to look at
--      8 number of orgs to leave out n  then n orgs  then the kinds, as they stand in jobs
local max, lease_ms, worker, random = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local limit, scan, first_kind = tonumber(ARGV[6]), tonumber(ARGV[7]), 9 + ARGV[8]
local left_out, kinds, strange, passed_over = {}, {}, {}, {}
for i = 9, first_kind - 1 do left_out[ARGV[i]] = true end
for i = first_kind, #ARGV do kinds[ARGV[i]] = true end

-- An org at its limit is looked at again after this time even when none of its leases was seen to end: a worker with
-- another limit, or of the version before, may have ended it.
local FULL_REST = 1000
-- Jobs of unknown kinds that are passed over in one turn of an org.
local STRANGERS = 64
-- Delayed tasks put back by one claim.
local DUE = 200

-- Jobs that a process of the version before has listed.
for _, j in ipairs(call('LPOP', KEYS[1], 100) or {}) do
  guarded(j, nil, function()
    call('HDEL', key('job', j), 'listed')
    local org = fields(j, 'org')
    if org and call('EXISTS', key('leases', j)) == 1 then call('SADD', key('running', org), j) end
    if call('EXISTS', key('ready', j)) == 1 then list(j) end
  end)
end

-- Delayed tasks that are due.
local due = 0
for _, j in ipairs(call('ZRANGEBYSCORE', P .. 'delays', '-inf', NOW, 'LIMIT', 0, DUE)) do
  if due >= DUE then break end
  guarded(j, nil, function()
    local delayed = key('delayed', j)
    for _, task in ipairs(call('ZRANGEBYSCORE', delayed, '-inf', NOW, 'LIMIT', 0, DUE - due)) do
      due = due + 1
      call('ZREM', delayed, task)
      enqueue(j, task, true)
    end
    local next_due = call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
    if next_due then call('ZADD', P .. 'delays', next_due, j) else call('ZREM', P .. 'delays', j) end
  end)
end

-- Orgs that have rested.
for _, org in ipairs(call('ZRANGEBYSCORE', RESTS, '-inf', NOW, 'LIMIT', 0, 100)) do
  call('ZREM', RESTS, org)
  if call('EXISTS', key('active', org)) == 1 then queue_up(ORGS, org) end
end

local function holds(lease)
  local j = parse(lease)
  return j and call('ZSCORE', key('leases', j), lease)
end

-- Tasks the org may still start.
local rooms, silent = {}, {}
local function room(org)
  if not rooms[org] then
    local left = limit - in_use(org, guarded)
    local since, probe, times = unpack(call('HMGET', key('silent', org), 'since', 'probe', 'times'))
    if since then
      silent[org] = is_count(times, 9) and math.max(1, tonumber(times)) or 1
      left = math.min(left, probe and holds(probe) and 0 or 1)
    end
    rooms[org] = left
  end
  return rooms[org]
end

-- Ms for which the org may start nothing.
local function rest(org)
  local paused = call('PTTL', key('pause', org))
  if paused ~= -2 then return math.max(1, paused) end
  return room(org) <= 0 and FULL_REST or 0
end

local function kind_of(j)
  if #j ~= 32 or string.find(j, '[^0-9a-f]') then error({err = 'job id'}) end
  return fields(j, 'kind', 'held')
end

local looked = 0
-- The org's next job with a task for this worker, or none; then whether there may be others.
local function next_job(org)
  local active, strangers, first = key('active', org), 0, nil
  while looked < scan do
    looked = looked + 1
    local j = call('ZPOPMIN', active)[1]
    if not j then return nil, false end
    local kind, held = guarded(j, org, kind_of, j)
    -- What has nothing ready, or is held, stays out until that changes.
    if kind and not held and call('EXISTS', key('ready', j)) == 1 then
      queue_up(active, j)
      if kinds[kind] then return j, true end
      if not strange[kind] then
        strange[kind] = true
        passed_over[#passed_over + 1] = kind
      end
      strangers = strangers + 1
      if strangers == STRANGERS or j == first then return nil, true end
      first = first or j
    end
  end
  return nil, true
end

local told, due_courses = {}, {}
-- What a worker is told of a job, once a claim.
local function about(j)
  local params, kind, owner, user = fields(j, 'params', 'kind', 'org', 'user')
  local request_id, run, cursor = fields(j, 'request_id', 'run', 'cursor')
  local proof, cursor_proof, trace, course_at, created_at =
    fields(j, 'proof', 'cursor_proof', 'trace', 'course_at', 'created_at')
  if NOW >= (tonumber(course_at) or (tonumber(created_at) or NOW) + COURSE_STEP) then due_courses[#due_courses + 1] = j end
  params = call('GET', key('params', j)) or params or ''
  local session = call('GET', key('session', j))
  return {j, kind, owner, params, request_id, run, cursor, session, user, proof, cursor_proof, trace}
end

-- A task of a job, with a lease; then the job.
local function start(j, org)
  local field = unreadable(j)
  if field then error({err = field}) end
  local job = key('job', j)
  local task = call('RPOP', key('ready', j))
  if task ~= 'P' and task ~= 'F' and not is_count(task, 15) then error({err = 'ready'}) end
  local lease, delivery = begin_lease(j, org, task, lease_ms, worker, random)
  if fields(j, 'state') == 'queued' then
    call('HSET', job, 'state', 'running')
    call('HSETNX', job, 'started_at', NOW)
    event(j, 'started')
  end
  local records, payload = 0, ''
  if is_chunk(task) then records, payload = chunk(j, task) end
  if silent[org] then
    call('HSET', key('silent', org), 'probe', lease)
    call('PEXPIRE', key('silent', org), SILENT_KEPT)
  end
  local attempts = tonumber(call('HGET', key('tries', j), task .. ':a') or 0) or 0
  return {lease, payload, records, delivery, attempts, silent[org] or 0}, not told[j] and about(j)
end

local tasks, jobs, idle = {}, {}, 0

-- One turn of an org. True when a whole round of orgs had nothing for this worker.
local function turn(org)
  local ms = left_out[org] and 0 or rest(org)
  if left_out[org] then
    looked, idle = looked + 1, idle + 1
    queue_up(ORGS, org)
    return idle >= call('ZCARD', ORGS)
  elseif ms > 0 then
    looked = looked + 1
    call('ZADD', RESTS, NOW + ms, org)
    return false
  end
  local j, more = next_job(org)
  if more then queue_up(ORGS, org) end
  if j then
    idle = 0
    local task, job = guarded(j, org, start, j, org)
    if not task then return false end
    rooms[org] = rooms[org] - 1
    tasks[#tasks + 1] = task
    if job then
      told[j] = true
      jobs[#jobs + 1] = job
    end
  elseif more then
    idle = idle + 1
    return idle >= call('ZCARD', ORGS)
  end
  return false
end

while #tasks < max and looked < scan do
  local org = call('ZPOPMIN', ORGS)[1]
  if not org then break end
  -- An org whose own keys are not what they should be waits, outside of the rotation, for whatever happens to it next.
  local ok, whole_round = pcall(turn, org)
  if not ok and is_of_redis(error_text(whole_round)) then error(whole_round, 0) end
  if not ok then ASIDE[#ASIDE + 1] = {org, error_text(whole_round)} end
  if ok and whole_round then break end
end
-- When all that the claim hands out has its lease.
for _, j in ipairs(due_courses) do guarded(j, nil, note, j) end
return {looked >= scan and 1 or 0, jobs, tasks, ASIDE, passed_over}
