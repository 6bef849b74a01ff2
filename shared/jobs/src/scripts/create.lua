-- Records jobs of one org, each with its planning task. Returns {{id, 0|1|2, refusal, ms}...} in the order of the jobs: 1 when
-- the idempotency key was there before, 2 when it was there with other parameters, so that nothing is recorded. A refusal is
-- open, held or rate, the limit that the org has reached, and when to ask again; nothing is recorded then. Grows, so it fails
-- when Redis is full: then nothing is recorded.
-- ARGV 2 org  3 TTL of idempotency keys ms  4 TTL of sessions ms  5 retention ms  6 retention of jobs with dead letters ms
--      7 most open jobs of the org  8 most held ones  9 most ended ones  10 new ones a minute
--      then of each job: id  kind or kind@version  params  request id  idempotency key or ''  sealed session or ''  user  proof
--      trace or ''
local org, most_open, most_held, per_minute = ARGV[2], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[10])
local FIRST, EACH = 11, 9

-- What is the same for all of them is asked once, and before anything is written.
local open, held, active = call('SCARD', key('open', org)), call('SCARD', key('held', org)), key('active', org)
local last = call('ZRANGE', active, '-1', '-1', 'WITHSCORES')[2] or 0
if held >= most_held then
  -- Some may have been resumed or ended by a process of the version before.
  local waiting = key('held', org)
  for _, j in ipairs(call('SMEMBERS', waiting)) do
    if not fields(j, 'held') then call('SREM', waiting, j) end
  end
  held = call('SCARD', waiting)
end
-- GCRA: the key holds the time at which a bucket that is filled at that rate, a minute deep, is empty again.
local rate, step = key('rate', org), 60000 / per_minute
local empty = math.max(tonumber(call('GET', rate) or 0), NOW)

-- The limit that keeps the org from one more job, and ms until it may ask again.
local function over_limit()
  if open >= most_open then return 'open', 30000 end
  if held >= most_held then return 'held', 60000 end
  local wait = empty + step - NOW - 60000
  if wait > 0.5 then return 'rate', math.ceil(wait) end
end

-- What idempotency keys of these jobs stand for.
local keyed = {}

-- The answer for a job, whose arguments begin at `at`, and whether it is to be recorded.
local function decide(at)
  local j, idem = ARGV[at], ARGV[at + 4]
  if call('EXISTS', key('job', j)) == 1 then return {j, 0, '', 0} end -- this very call, repeated
  local idem_key, made
  -- What the key stands for: the job and its parameters, which may be gone before the key is.
  if idem ~= '' then
    local kind = ARGV[at + 1]
    local name, version = string.match(kind, '^(.+)@(%d+)$')
    idem_key = P .. 'idem:' .. org .. ':' .. ARGV[at + 6] .. ':' .. (name or kind) .. ':' .. idem
    local written = version and version .. '-' or ''
    made = j .. ' ' .. written .. redis.sha1hex(ARGV[at + 2])
    -- Also when that job is gone since, with the oldest of very many: a repeated request must not do its work again.
    local earlier = keyed[idem_key] or call('GET', idem_key)
    if earlier then
      local id, params = string.match(earlier, '^(%S+) (%S+)$')
      -- What was written in another version cannot be compared, as when a request is repeated while that is deployed.
      if (string.match(params, '^%d+%-') or '') ~= written then return {id, 1, '', 0} end
      return {id, string.sub(made, -#params) == params and 1 or 2, '', 0}
    end
  end
  local refusal, ms = over_limit()
  if refusal then return {'', 0, refusal, ms} end
  open, empty = open + 1, empty + step
  if idem_key then keyed[idem_key] = made end
  return {j, 0, '', 0}, true
end

local answers, made, by_user = {}, {}, {}
for at = FIRST, #ARGV, EACH do
  local answer, new = decide(at)
  answers[#answers + 1] = answer
  if new then
    local user = ARGV[at + 6]
    made[#made + 1] = at
    by_user[user] = by_user[user] or {}
    table.insert(by_user[user], ARGV[at])
  end
end
if #made == 0 then return answers end

local thousandths = math.floor(empty * 1000 + 0.5)
local ms = math.floor(thousandths / 1000)
call('SET', rate, string.format('%d.%03d', ms, thousandths - ms * 1000), 'PX', whole(math.max(1, math.ceil(empty - NOW))))
for idem_key, stands_for in pairs(keyed) do call('SET', idem_key, stands_for, 'PX', ARGV[3]) end
-- Numbers as text: Redis writes a number of Lua with 17 digits, which costs more than the whole of some commands.
local now, ids, turns = whole(NOW), {}, {}
for i, at in ipairs(made) do
  ids[i] = ARGV[at]
  turns[2 * i - 1], turns[2 * i] = whole(last + i), ARGV[at]
end
call('SADD', P .. 'open', unpack(ids))
call('SADD', key('open', org), unpack(ids))
tally('jobs_created', #ids)
-- The indexes outlive every job in them; entries older than any job can be go, now and then.
local horizon, clean = 2 * (ARGV[5] + ARGV[6]), NOW % 16 == 0
local function list_in(index, listed)
  local entries = {}
  for i, j in ipairs(listed) do entries[2 * i - 1], entries[2 * i] = now, j end
  call('ZADD', index, unpack(entries))
  if clean then call('ZREMRANGEBYSCORE', index, '-inf', whole(NOW - horizon)) end
  call('PEXPIRE', index, whole(horizon))
end
list_in(key('jobs', org), ids)
list_in(P .. 'all', ids)
for user, theirs in pairs(by_user) do list_in(key('mine', org .. ':' .. user), theirs) end

-- For each field that it writes HSET looks through those that are there, so a job begins as a copy of what all have in common.
-- Other fields here need another name, as long as two versions run; so do other settings.
local blank = P .. 'blank:' .. ARGV[5] .. ':' .. ARGV[6] .. ':' .. ARGV[9]
for _, at in ipairs(made) do
  local j, sealed, more = ARGV[at], ARGV[at + 5], {}
  local job = key('job', j)
  -- A hash of short values takes a quarter of the memory, so the parameters are on their own.
  call('SET', key('params', j), ARGV[at + 2])
  if sealed ~= '' then
    call('SET', key('session', j), sealed, 'PX', ARGV[4])
    -- Outlives the session: operators, who have none, cannot let the job run again.
    more = {'with_session', '1'}
  end
  if ARGV[at + 8] ~= '' then
    more[#more + 1] = 'trace'
    more[#more + 1] = ARGV[at + 8]
  end
  if call('COPY', blank, job) == 0 then
    call('HSET', blank, 'state', 'queued', 'plan', 'open', 'run', '1', 'epoch', '0', 'total', '0', 'done', '0', 'dead', '0',
      'dropped', '0', 'planned_records', '0', 'processed', '0', 'succeeded', '0', 'skipped', '0', 'failed', '0', 'errors', '0',
      'ttl', ARGV[5], 'dead_ttl', ARGV[6], 'keep', ARGV[9])
    call('COPY', blank, job)
  end
  call('HSET', job, 'org', org, 'kind', ARGV[at + 1], 'request_id', ARGV[at + 3], 'user', ARGV[at + 6],
    'proof', ARGV[at + 7], 'created_at', now, 'waits_since', now, unpack(more))
  call('LPUSH', key('ready', j), 'P')
end
-- At the end of their org's rotation.
call('ZADD', active, 'NX', unpack(turns))
list_org(org)
wake(ids[1])
return answers
