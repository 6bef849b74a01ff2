-- Records a job and its planning task. Returns {id, 0|1|2, refusal, ms}: 1 when the idempotency key was there before, 2 when
-- it was there with other parameters, so that nothing is recorded. A refusal is open, held or rate, the limit that the org
-- has reached, and when to ask again; nothing is recorded then. Grows, so it fails when Redis is full: then nothing is recorded.
-- ARGV 2 job  3 org  4 kind or kind@version  5 params  6 request id  7 idempotency key or ''  8 its TTL ms  9 sealed session or ''
--      10 its TTL ms  11 retention ms  12 retention of jobs with dead letters ms
--      13 most open jobs of the org  14 most held ones  15 most ended ones  16 new ones a minute  17 user  18 proof

-- The limit that keeps the org from one more job, and ms until it may ask again.
local function over_limit(org, open, held, per_minute)
  if call('SCARD', key('open', org)) >= open then return 'open', 30000 end
  local waiting = key('held', org)
  if call('SCARD', waiting) >= held then
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
  call('SET', rate, string.format('%.3f', empty), 'PX', math.max(1, math.ceil(empty - NOW)))
end

local j, org, idem, user = ARGV[2], ARGV[3], ARGV[7], ARGV[17]
local name, version = string.match(ARGV[4], '^(.+)@(%d+)$')
local idem_key = P .. 'idem:' .. org .. ':' .. user .. ':' .. (name or ARGV[4]) .. ':' .. idem
if call('EXISTS', key('job', j)) == 1 then return {j, 0, '', 0} end -- this very call, repeated
-- What the key stands for: the job and its parameters, which may be gone before the key is.
local made
if idem ~= '' then
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
local refusal, ms = over_limit(org, tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[16]))
if refusal then return {'', 0, refusal, ms} end
if idem ~= '' then call('SET', idem_key, made, 'PX', ARGV[8]) end
-- A hash of short values takes a quarter of the memory, so the parameters are on their own.
call('SET', key('params', j), ARGV[5])
call('HSET', key('job', j), 'org', org, 'kind', ARGV[4], 'request_id', ARGV[6],
  'user', user, 'proof', ARGV[18], 'run', 1,
  'state', 'queued', 'plan', 'open', 'epoch', 0, 'total', 0, 'done', 0, 'dead', 0, 'dropped', 0, 'planned_records', 0,
  'processed', 0, 'succeeded', 0, 'skipped', 0, 'failed', 0, 'errors', 0, 'created_at', NOW,
  'ttl', ARGV[11], 'dead_ttl', ARGV[12], 'keep', ARGV[15])
if ARGV[9] ~= '' then
  call('SET', key('session', j), ARGV[9], 'PX', ARGV[10])
  -- Outlives the session: operators, who have none, cannot let the job run again.
  call('HSET', key('job', j), 'with_session', 1)
end
call('SADD', P .. 'open', j)
tally('jobs_created', 1)
call('SADD', key('open', org), j)
-- The indexes outlive every job in them; entries older than any job can be go, now and then.
local horizon = 2 * (ARGV[11] + ARGV[12])
for _, jobs in ipairs({key('jobs', org), key('mine', org .. ':' .. user), P .. 'all'}) do
  call('ZADD', jobs, NOW, j)
  if NOW % 16 == 0 then call('ZREMRANGEBYSCORE', jobs, '-inf', NOW - horizon) end
  call('PEXPIRE', jobs, horizon)
end
enqueue(j, 'P', false)
wake(j)
return {j, 0, '', 0}
