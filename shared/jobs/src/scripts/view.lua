-- Jobs of an org, one answer for each: {job fields, parameters, counters, records by worker, running chunks, ms the org's
-- pause lasts, its reason, acts, what kept it from going on last, when it goes on}, or nothing when there is no such job or
-- it is another org's. Then Redis's time.
-- ARGV 2 org, '' for any  3... jobs
local views, pauses = {}, {}

-- Ms of an org's pause, its reason, and the org's silence as a trouble of all its jobs.
local function standing(org)
  if not pauses[org] then
    local pause = key('pause', org)
    local ms = math.max(0, call('PTTL', pause))
    local since, times, reason = unpack(call('HMGET', key('silent', org), 'since', 'times', 'reason'))
    local silence = since and reason
      and cjson.encode({error = reason, attempts = tonumber(times), at = tonumber(since)})
    pauses[org] = {ms, call('GET', pause), silence}
  end
  return unpack(pauses[org])
end

-- The last of the troubles of a job's tasks.
local function last_trouble(j)
  local last, at = false, -1
  for _, json in ipairs(call('HVALS', key('troubles', j))) do
    local when = cjson.decode(json).at
    if when > at then last, at = json, when end
  end
  return last
end

for i = 3, #ARGV do
  local j, view = ARGV[i], false
  local org, state = fields(j, 'org', 'state')
  if org and (ARGV[2] == '' or org == ARGV[2]) then
    local pause_ms, pause_reason, silence = standing(org)
    local why, due = false, false
    if state == 'queued' or state == 'running' or state == 'finishing' then
      why = silence or last_trouble(j)
      due = pause_ms > 0 and NOW + pause_ms or tonumber(call('ZRANGE', key('delayed', j), 0, 0, 'WITHSCORES')[2])
    end
    local running = 0
    for _, lease in ipairs(call('ZRANGE', key('leases', j), 0, -1)) do
      local _, task = parse(lease)
      if is_chunk(task) then running = running + 1 end
    end
    view = {call('HGETALL', key('job', j)), call('GET', key('params', j)), call('HGETALL', key('counters', j)),
      call('HGETALL', key('workers', j)), running, pause_ms, pause_reason, call('LRANGE', key('acts', j), 0, -1),
      why, due or false}
  end
  views[#views + 1] = view
end
return {views, NOW}
