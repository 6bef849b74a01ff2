-- For scripts that tell why jobs do not move.

-- Ms of an org's pause, its reason, since when; the org's silence as a trouble of all its jobs, and since when.
local known_orgs = {}
local function standing(org)
  if not known_orgs[org] then
    local pause = key('pause', org)
    local ms = math.max(0, call('PTTL', pause))
    local since, times, reason = unpack(call('HMGET', key('silent', org), 'since', 'times', 'reason'))
    local silence = since and reason
      and cjson.encode({error = reason, attempts = tonumber(times), at = tonumber(since)})
    known_orgs[org] = {ms, ms > 0 and call('GET', pause), ms > 0 and tonumber(paused_since(org) or nil), silence,
      tonumber(since or nil)}
  end
  return unpack(known_orgs[org], 1, 5)
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

-- What kept a job from going on last, as JSON, and when it goes on, in ms; false for what there is not.
local function why_not(j, org, state)
  if state ~= 'queued' and state ~= 'running' and state ~= 'finishing' then return false, false end
  local pause_ms, _, _, silence = standing(org)
  local due = pause_ms > 0 and NOW + pause_ms or tonumber(call('ZRANGE', key('delayed', j), 0, 0, 'WITHSCORES')[2])
  return silence or last_trouble(j), due or false
end
