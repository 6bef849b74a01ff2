-- Stops a job until resume brings a valid session, and gives the task back. Costs no attempt. Returns 1 when the lease
-- was still held; otherwise nothing changes, since the session may be a new one by now. A task claimed before the job got
-- its present session speaks of the one before: it is given back, and the job goes on.
-- ARGV 2 lease  3 reason
local lease, reason = ARGV[2], ARGV[3]
local j, task, epoch = parse(lease)
if not end_lease(j, lease) then return 0 end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  if fields(j, 'cancel') then
    -- Nobody will authorize a cancelled job: it ends without its last step.
    if task == 'F' then bury(j, task, reason) else give_back(j, task, 0) end
    return 1
  end
  give_back(j, task, 0)
  note(j)
  if tonumber(epoch) <= tonumber(fields(j, 'session_epoch') or 0) then return 1 end
  local job = key('job', j)
  if call('HSETNX', job, 'held', 1) == 1 then
    call('HSET', job, 'state', 'needs_authorization', 'reason', reason)
    local org, ttl = fields(j, 'org', 'ttl')
    call('ZADD', P .. 'holds', NOW + ttl, j)
    call('SADD', key('held', org), j)
    call('ZREM', key('active', org), j)
    event(j, 'needs_authorization')
  end
  return 1
end) or 0
