-- Shared by the scripts that serve many jobs or end leases, as lib.lua, of which it is the end.

-- The first field of a job that is not what scripts write there, of those without which no task of it can be run and ended;
-- nothing when they are well. A wrong one of the others fails only what its own tasks have to tell.
local function unreadable(j)
  local run, epoch, total, done, dead, dropped = fields(j, 'run', 'epoch', 'total', 'done', 'dead', 'dropped')
  return not is_count(run, 9) and 'run' or not is_count(epoch, 12) and 'epoch' or not is_count(total, 12) and 'total'
    or not is_count(done, 12) and 'done' or not is_count(dead, 12) and 'dead' or not is_count(dropped, 12) and 'dropped'
end

-- What was set aside by this call: {job or org, why}.
local ASIDE = {}

local function error_text(thrown) return type(thrown) == 'table' and thrown.err or tostring(thrown) end

-- Ends a job as failed whose data in Redis is not what scripts write there. What cannot be read is put right or removed first.
local function set_aside(j, org, what)
  -- Numbers that are always there, and those that may be.
  local always = {run = 9, epoch = 12, total = 12, done = 12, dead = 12, dropped = 12, planned_records = 15, processed = 15,
    succeeded = 15, skipped = 15, failed = 15, errors = 15, created_at = 15}
  local sometimes = {'ttl', 'dead_ttl', 'keep', 'again', 'resume_at', 'session_epoch', 'started_at', 'finished_at',
    'params_bytes', 'retried', 'course_at', 'course_from'}
  local types = {params = 'string', session = 'string', bits = 'string', course = 'string', ready = 'list', errors = 'list', acts = 'list',
    leases = 'zset', delayed = 'zset', events = 'stream', chunk = 'hash', tries = 'hash', counters = 'hash',
    workers = 'hash', flags = 'hash', dead = 'hash', again = 'hash', beside = 'hash', troubles = 'hash'}
  local why = string.sub('its data in Redis cannot be read: ' .. what, 1, 200)
  ASIDE[#ASIDE + 1] = {j, why}
  for _, index in ipairs({'expiries', 'delays', 'holds'}) do call('ZREM', P .. index, j) end
  for name, kind in pairs(types) do
    local found = call('TYPE', key(name, j)).ok
    if found ~= kind and found ~= 'none' then call('UNLINK', key(name, j)) end
  end
  local job = key('job', j)
  local is_job = call('TYPE', job).ok == 'hash'
  -- One that has ended is only listed where it should not be.
  if is_job and call('SISMEMBER', P .. 'open', j) == 0 then return end
  org = is_job and fields(j, 'org') or org
  if not is_job or not org then
    -- There is nothing to be shown, and nobody to show it to.
    call('UNLINK', job)
    call('SREM', P .. 'open', j)
    for name in pairs(types) do call('UNLINK', key(name, j)) end
    if org then
      for _, index in ipairs({'open', 'running', 'held'}) do call('SREM', key(index, org), j) end
      for _, index in ipairs({'active', 'jobs'}) do call('ZREM', key(index, org), j) end
    end
    return
  end
  for name, digits in pairs(always) do
    if not is_count(fields(j, name), digits) then
      call('HSET', job, name, name == 'run' and 1 or name == 'created_at' and NOW or 0)
    end
  end
  for _, name in ipairs(sometimes) do
    local value = fields(j, name)
    if value and not is_count(value, 15) then call('HDEL', job, name) end
  end
  for _, name in ipairs({'ttl', 'dead_ttl'}) do call('HSETNX', job, name, 7 * 24 * 60 * 60 * 1000) end
  for _, name in ipairs({'kind', 'request_id'}) do call('HSETNX', job, name, '') end
  if call('EXISTS', key('params', j)) == 0 and not fields(j, 'params') then call('HSETNX', job, 'params_bytes', 0) end
  call('HDEL', job, 'cancel', 'held')
  call('HSET', job, 'org', org, 'plan', 'dead', 'outcome', 'failed', 'reason', why)
  -- What was still to be done is done no more.
  call('HINCRBY', job, 'dropped', math.max(0, outstanding(j)))
  finalize(j)
  -- Its tasks that run stop.
  call('PUBLISH', P .. 'cancel', j)
end

-- What Redis says of itself, and not of what it was asked to change: a code of its own, or a command it does not have.
local function is_of_redis(what)
  local code = string.match(what, '^(%u+) ')
  return code and code ~= 'WRONGTYPE' and (code ~= 'ERR' or string.find(what, 'nknown'))
end

-- What `act` returns for further arguments, two values at most; it is about one job only. When it fails because of what is
-- there, that job is set aside, so that no other one waits for it.
local function guarded(j, org, act, ...)
  local ok, one, two = pcall(act, ...)
  if ok then return one, two end
  local what = error_text(one)
  if is_of_redis(what) then error(one, 0) end
  ok, one = pcall(set_aside, j, org, what)
  if not ok then
    ASIDE[#ASIDE + 1] = {j, error_text(one)}
    call('SREM', P .. 'open', j)
  end
end
