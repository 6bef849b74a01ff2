-- Ends a chunk that ran, and counts its report once. Returns counted, duplicate or lost.
-- ARGV 2 lease  3 processed  4 succeeded  5 skipped  6 failed  7 most errors to store
--      8 number of counters n  then n times name, value  then the record errors as JSON, one each
-- Adds to a number that is only told; what is none begins anew.
local function add_to(hash, field, by)
  local added = redis.pcall('HINCRBY', hash, field, by)
  if type(added) == 'table' then call('HSET', hash, field, by) end
end

local lease = ARGV[2]
local j, task, _, worker = parse(lease)
local job = key('job', j)
if not end_lease(j, lease) then
  return call('GETBIT', key('bits', j), task) == 1 and 'duplicate' or 'lost'
end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  if call('SETBIT', key('bits', j), task, 1) == 1 then
    advance(j)
    return 'duplicate'
  end
  call('HDEL', key('chunk', j), task)
  forget_tries(j, task)
  call('HINCRBY', job, 'done', 1)
  tally('chunks', 1)
  tally('processed', ARGV[3])
  tally('failed', ARGV[6])
  for i, name in ipairs({'processed', 'succeeded', 'skipped', 'failed'}) do
    if ARGV[i + 2] ~= '0' then add_to(job, name, ARGV[i + 2]) end
  end
  if ARGV[3] ~= '0' then add_to(key('workers', j), string.match(worker, '^[^~]*'), ARGV[3]) end
  local first_error = 9 + 2 * ARGV[8]
  for i = 9, first_error - 1, 2 do add_to(key('counters', j), ARGV[i], ARGV[i + 1]) end
  if #ARGV >= first_error then
    add_to(job, 'errors', #ARGV - first_error + 1)
    local space = ARGV[7] - call('LLEN', key('errors', j))
    for i = first_error, math.min(#ARGV, first_error + space - 1) do call('RPUSH', key('errors', j), ARGV[i]) end
  end
  event(j, 'progress', 1)
  advance(j)
  return 'counted'
end) or 'lost'
