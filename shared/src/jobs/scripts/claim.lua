-- Hands out tasks, one per job and turn. Skips held jobs, paused orgs, orgs at their limit, and unknown kinds.
-- Returns {more, {{job, kind, org, params, request id, run, cursor, session, user}...}, {{lease, payload, records, delivery,
-- attempts}...}}; more = 1 when it stopped before it had looked at all jobs.
-- ARGV 2 most tasks  3 lease ms  4 worker  5 org limit  6 most jobs to look at  7... kinds
local max, lease_ms, worker, limit, scan = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local kinds = {}
for i = 7, #ARGV do kinds[ARGV[i]] = true end

-- Delayed tasks that are due, a bounded number per call.
for _, j in ipairs(call('ZRANGEBYSCORE', P .. 'delays', '-inf', NOW, 'LIMIT', 0, 100)) do
  local delayed = key('delayed', j)
  for _, task in ipairs(call('ZRANGEBYSCORE', delayed, '-inf', NOW, 'LIMIT', 0, 100)) do
    call('ZREM', delayed, task)
    enqueue(j, task, true)
  end
  local next_due = call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  if next_due then call('ZADD', P .. 'delays', next_due, j) else call('ZREM', P .. 'delays', j) end
end

-- Tasks the org may still start. What runs is counted from the leases, so no counter can drift.
local rooms = {}
local function room(org)
  if not rooms[org] then
    local left = 0
    if call('EXISTS', key('pause', org)) == 0 then
      left = limit
      for _, j in ipairs(call('SMEMBERS', key('open', org))) do left = left - call('ZCARD', key('leases', j)) end
    end
    rooms[org] = left
  end
  return rooms[org]
end

local function start(j)
  local job, leases = key('job', j), key('leases', j)
  local task = call('RPOP', key('ready', j))
  local lease = j .. '|' .. task .. '|' .. call('HINCRBY', job, 'epoch', 1) .. '|' .. worker
  call('ZADD', leases, NOW + lease_ms, lease)
  call('ZADD', P .. 'expiries', 'LT', NOW + lease_ms, j)
  if fields(j, 'state') == 'queued' then
    call('HSET', job, 'state', 'running')
    call('HSETNX', job, 'started_at', NOW)
    event(j, 'started')
  end
  local records, payload = 0, ''
  if is_chunk(task) then records, payload = chunk(j, task) end
  local delivery = call('HINCRBY', key('tries', j), task .. ':d', 1)
  return {lease, payload, records, delivery, tonumber(call('HGET', key('tries', j), task .. ':a') or 0)}
end

local tasks, jobs, told = {}, {}, {}
local idle, looked = 0, 0
while #tasks < max and looked < scan and idle < call('LLEN', KEYS[1]) do
  looked = looked + 1
  local j = call('LPOP', KEYS[1])
  local org, kind, held = fields(j, 'org', 'kind', 'held')
  if org and (held or call('EXISTS', key('ready', j)) == 0) then
    call('HDEL', key('job', j), 'listed') -- out of the rotation until something is ready again
  elseif org then
    call('RPUSH', KEYS[1], j)
    idle = idle + 1
    if kinds[kind] and room(org) > 0 then
      idle = 0
      rooms[org] = rooms[org] - 1
      tasks[#tasks + 1] = start(j)
      if not told[j] then
        told[j] = true
        local params, request_id, run, cursor, user = fields(j, 'params', 'request_id', 'run', 'cursor', 'user')
        jobs[#jobs + 1] = {j, kind, org, params, request_id, run, cursor, call('GET', key('session', j)), user}
      end
    end
  end
end
return {looked >= scan and 1 or 0, jobs, tasks}
