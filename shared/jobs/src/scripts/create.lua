-- Records a job and its planning task. Returns {id, 0|1|2, refusal, ms}: 1 when the idempotency key was there before, 2 when
-- it was there with other parameters, so that nothing is recorded. A refusal is open, held or rate, the limit that the org
-- has reached, and when to ask again; nothing is recorded then. Grows, so it fails when Redis is full: then nothing is recorded.
-- ARGV 2 job  3 org  4 kind or kind@version  5 params  6 request id  7 idempotency key or ''  8 its TTL ms  9 sealed session or ''
--      10 its TTL ms  11 retention ms  12 retention of jobs with dead letters ms
--      13 most open jobs of the org  14 most held ones  15 most ended ones  16 new ones a minute  17 user  18 proof
--      19 trace, if there is one

-- The limit that keeps the org from one more job, and ms until it may ask again.
local function over_limit(org, open, waiting, held, per_minute)
  if call('SCARD', key('open', org)) >= open then return 'open', 30000 end
  -- What waits, when anything does.
  if waiting and call('SCARD', waiting) >= held then
    -- Some may have been resumed or ended by a process of the version before.
    for _, j in ipairs(call('SMEMBERS', waiting)) do
      if not fields(j, 'held') then call('SREM', waiting, j) end
    end
    if call('SCARD', waiting) >= held then return 'held', 60000 end
  end
  -- GCRA: the key holds the time at which a bucket that is filled at that rate, a minute deep, is empty again.
  local rate, step = key('rate', org), 60000 / per_minute
  local empty = math.max(tonumber(call('GET', rate) or 0), NOW) + step
  local wait = empty - NOW - 60000
  if wait > 0.5 then return 'rate', math.ceil(wait) end
  local thousandths = math.floor(empty * 1000 + 0.5)
  local ms = math.floor(thousandths / 1000)
  call('SET', rate, string.format('%d.%03d', ms, thousandths - ms * 1000), 'PX', whole(math.max(1, math.ceil(empty - NOW))))
end

local j, org, idem, user = ARGV[2], ARGV[3], ARGV[7], ARGV[17]
local job, waiting = key('job', j), key('held', org)
-- Nearly always there is neither.
local found = call('EXISTS', job, waiting)
if found > 0 and call('EXISTS', job) == 1 then return {j, 0, '', 0} end -- this very call, repeated
-- What the key stands for: the job and its parameters, which may be gone before the key is.
local idem_key, made
if idem ~= '' then
  local name, version = string.match(ARGV[4], '^(.+)@(%d+)$')
  idem_key = P .. 'idem:' .. org .. ':' .. user .. ':' .. (name or ARGV[4]) .. ':' .. idem
  local written = version and version .. '-' or ''
  made = j .. ' ' .. written .. redis.sha1hex(ARGV[5])
  -- Also when that job is gone since, with the oldest of very many: a repeated request must not do its work again.
  local earlier = call('GET', idem_key)
  if earlier then
    local id, params = string.match(earlier, '^(%S+) (%S+)$')
    -- What was written in another version cannot be compared, as when a request is repeated while that is deployed.
    if (string.match(params, '^%d+%-') or '') ~= written then return {id, 1, '', 0} end
    return {id, string.sub(made, -#params) == params and 1 or 2, '', 0}
  end
end
local refusal, ms =
  over_limit(org, tonumber(ARGV[13]), found > 0 and waiting, tonumber(ARGV[14]), tonumber(ARGV[16]))
if refusal then return {'', 0, refusal, ms} end
if idem ~= '' then call('SET', idem_key, made, 'PX', ARGV[8]) end
-- A hash of short values takes a quarter of the memory, so the parameters are on their own.
call('SET', key('params', j), ARGV[5])
-- Numbers as text: Redis writes a number of Lua with 17 digits, which costs more than the whole of some commands.
local now, session = whole(NOW), {}
if ARGV[9] ~= '' then
  call('SET', key('session', j), ARGV[9], 'PX', ARGV[10])
  -- Outlives the session: operators, who have none, cannot let the job run again.
  session = {'with_session', '1'}
end
if ARGV[19] then
  session[#session + 1] = 'trace'
  session[#session + 1] = ARGV[19]
end
-- For each field that it writes HSET looks through those that are there, so a job begins as a copy of what all have in common.
-- Other fields here need another name, as long as two versions run.
local blank = P .. 'blank'
if call('COPY', blank, job) == 0 then
  call('HSET', blank, 'state', 'queued', 'plan', 'open', 'run', '1', 'epoch', '0', 'total', '0', 'done', '0', 'dead', '0',
    'dropped', '0', 'planned_records', '0', 'processed', '0', 'succeeded', '0', 'skipped', '0', 'failed', '0', 'errors', '0')
  call('COPY', blank, job)
end
call('HSET', job, 'org', org, 'kind', ARGV[4], 'request_id', ARGV[6], 'user', user, 'proof', ARGV[18], 'created_at', now,
  'ttl', ARGV[11], 'dead_ttl', ARGV[12], 'keep', ARGV[15], 'waits_since', now, unpack(session))
call('SADD', P .. 'open', j)
tally('jobs_created', 1)
call('SADD', key('open', org), j)
-- The indexes outlive every job in them; entries older than any job can be go, now and then.
local horizon, clean = 2 * (ARGV[11] + ARGV[12]), NOW % 16 == 0
for _, index in ipairs({key('jobs', org), key('mine', org .. ':' .. user), P .. 'all'}) do
  call('ZADD', index, now, j)
  if clean then call('ZREMRANGEBYSCORE', index, '-inf', whole(NOW - horizon)) end
  call('PEXPIRE', index, whole(horizon))
end
call('LPUSH', key('ready', j), 'P')
queue_up(key('active', org), j)
list_org(org)
wake(j)
return {j, 0, '', 0}
