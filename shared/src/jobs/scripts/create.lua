-- Records a job and its planning task. Returns {id, 0|1|2}: 1 when the idempotency key was there before, 2 when it was
-- there with other parameters, so that nothing is recorded.
-- Grows, so it fails when Redis is full: then nothing is recorded.
-- ARGV 2 job  3 org  4 kind  5 params  6 request id  7 idempotency key or ''  8 its TTL ms  9 sealed session or ''
--      10 its TTL ms  11 retention ms  12 retention of jobs with dead letters ms  13 user
local j, org, idem, user = ARGV[2], ARGV[3], ARGV[7], ARGV[13]
local idem_key = P .. 'idem:' .. org .. ':' .. user .. ':' .. ARGV[4] .. ':' .. idem
if call('EXISTS', key('job', j)) == 1 then return {j, 0} end -- this very call, repeated
if idem ~= '' then
  local earlier = call('GET', idem_key)
  if earlier and call('EXISTS', key('job', earlier)) == 1 then
    return {earlier, fields(earlier, 'params') == ARGV[5] and 1 or 2}
  end
  call('SET', idem_key, j, 'PX', ARGV[8])
end
call('HSET', key('job', j), 'org', org, 'kind', ARGV[4], 'params', ARGV[5], 'request_id', ARGV[6],
  'user', user, 'run', 1,
  'state', 'queued', 'plan', 'open', 'epoch', 0, 'total', 0, 'done', 0, 'dead', 0, 'dropped', 0, 'planned_records', 0,
  'processed', 0, 'succeeded', 0, 'skipped', 0, 'failed', 0, 'errors', 0, 'created_at', NOW,
  'ttl', ARGV[11], 'dead_ttl', ARGV[12])
if ARGV[9] ~= '' then call('SET', key('session', j), ARGV[9], 'PX', ARGV[10]) end
call('SADD', P .. 'open', j)
call('SADD', key('open', org), j)
-- The indexes outlive every job in them; entries older than any job can be go.
local horizon = 2 * (ARGV[11] + ARGV[12])
for _, jobs in ipairs({key('jobs', org), key('mine', org .. ':' .. user)}) do
  call('ZADD', jobs, NOW, j)
  call('ZREMRANGEBYSCORE', jobs, '-inf', NOW - horizon)
  call('PEXPIRE', jobs, horizon)
end
enqueue(j, 'P', false)
event(j, 'queued')
wake(j)
return {j, 0}
