-- All that an operator looks at first, in one answer. Its cost follows the open jobs that it looks at, not all jobs.
-- {now, open jobs, jobs that were looked at, {state, jobs...}, {{org, ms of pause, reason, since when or 0, silent since, times, reason, open jobs,
-- ready, delayed, leased, calls that these may have under way}...}, {job, org, kind, since} of the one that waits for the longest or {}, jobs with dead letters,
-- dead letters of the newest of these, {{worker, ms of its sign of life, JSON}...}, {{minute, name, count...}...}, jobs that
-- are listed, {ms since any worker was heard of or -1, {name, count...} of all that happened since ever}}
-- ARGV 2 most open jobs to look at  3 minutes  4 ms after which a silent worker is gone  5 most workers
local most, minutes, gone, most_workers = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
-- Jobs whose dead letters are counted.
local BURIED = 100

local orgs, known = {}, {}
local function standing(org)
  if not known[org] then
    local pause, since, times, why = key('pause', org), unpack(call('HMGET', key('silent', org), 'since', 'times', 'reason'))
    local ms = math.max(0, call('PTTL', pause))
    known[org] = {org, ms, ms > 0 and call('GET', pause) or '', tonumber(ms > 0 and paused_since(org) or 0),
      tonumber(since or 0), tonumber(times or 0), why or '', 0, 0, 0, 0, 0}
    orgs[#orgs + 1] = known[org]
  end
  return known[org]
end

-- The jobs of an index, so that the others need not be asked; nothing when there are very many.
local function members(index)
  if call('ZCARD', P .. index) > most then return nil end
  local set = {}
  for _, j in ipairs(call('ZRANGE', P .. index, 0, -1)) do set[j] = true end
  return set
end
local function count_of(name, j, those)
  return (not those or those[j]) and call('ZCARD', key(name, j)) or 0
end

local delays, expiries = members('delays'), members('expiries')
local open, looked, states, oldest, waits = call('SCARD', P .. 'open'), 0, {}, nil, nil
for _, j in ipairs(open <= most and call('SMEMBERS', P .. 'open') or call('SRANDMEMBER', P .. 'open', most)) do
  local org, state, since = fields(j, 'org', 'state', 'waits_since')
  if org then
    local ready = call('LLEN', key('ready', j))
    local delayed, calls, leased = count_of('delayed', j, delays), 0, 0
    if not expiries or expiries[j] then calls, leased = calls_of(j) end
    looked, states[state] = looked + 1, (states[state] or 0) + 1
    local of = standing(org)
    of[8], of[9], of[10], of[11], of[12] = of[8] + 1, of[9] + ready, of[10] + delayed, of[11] + leased, of[12] + calls
    if ready > 0 and state ~= 'needs_authorization' then
      since = tonumber(since or fields(j, 'created_at'))
      -- Of two that waited since the same moment the one that was made first, whose id is smaller.
      if not waits or since < waits or (since == waits and j < oldest) then oldest, waits = j, since end
    end
  end
end
for _, org in ipairs(call('ZRANGEBYSCORE', P .. 'stopped', NOW, '+inf', 'LIMIT', 0, 100)) do standing(org) end

local counts = {}
for state, count in pairs(states) do
  counts[#counts + 1] = state
  counts[#counts + 1] = tostring(count)
end
local first = {}
if oldest then
  local org, kind = fields(oldest, 'org', 'kind')
  first = {oldest, org, kind, tostring(waits)}
end

local letters = 0
for _, j in ipairs(call('ZREVRANGE', P .. 'buried', 0, BURIED - 1)) do
  letters = letters + call('HLEN', key('dead', j)) + call('HLEN', key('again', j))
end

local workers = {}
for _, worker in ipairs(call('ZREVRANGEBYSCORE', P .. 'beats', '+inf', NOW - gone, 'LIMIT', 0, most_workers)) do
  local told = call('GET', key('beat', worker))
  if told then workers[#workers + 1] = {worker, tonumber(call('ZSCORE', P .. 'beats', worker)), told} end
end

local history, this_minute = {}, math.floor(NOW / 60000)
for minute = this_minute - minutes + 1, this_minute do
  local name = string.format('%.0f', minute)
  local happened = call('HGETALL', key('minute', name))
  table.insert(happened, 1, name)
  history[#history + 1] = happened
end

local seen = call('HGET', P .. 'pulse', 'seen')
return {NOW, open, looked, counts, orgs, first, call('ZCARD', P .. 'buried'), letters, workers, history,
  call('ZCARD', P .. 'all'), {seen and math.max(0, NOW - seen) or -1, call('HGETALL', P .. 'totals')}}
