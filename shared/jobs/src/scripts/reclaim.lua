-- Takes tasks back whose lease has run out, and cancels jobs that were held too long. Returns {resting, {lease...},
-- {{job that was set aside, why}...}}: resting = 1 while it waits after an outage.
-- ARGV 2 lease ms  3 most crashes  4 most jobs to look at
local lease_ms, most_crashes = tonumber(ARGV[2]), tonumber(ARGV[3])
if outage(lease_ms) then return {1, {}, {}} end

local reclaimed = {}
for _, j in ipairs(call('ZRANGEBYSCORE', P .. 'expiries', '-inf', NOW, 'LIMIT', 0, ARGV[4])) do
  guarded(j, nil, function()
    local leases = key('leases', j)
    for _, lease in ipairs(call('ZRANGEBYSCORE', leases, '-inf', NOW, 'LIMIT', 0, 200)) do
      local _, task = parse(lease)
      end_lease(j, lease)
      reclaimed[#reclaimed + 1] = lease
      local lost = call('HINCRBY', key('tries', j), task .. ':c', 1)
      tally('lost', 1)
      if lost > most_crashes and not (fields(j, 'cancel') and task ~= 'F') then
        bury(j, task, 'crash loop: its worker was lost ' .. (most_crashes + 1) .. ' times')
      else
        trouble(j, task, 'its worker was lost', lost)
        if give_back(j, task, 0) then note_again(j) end
      end
    end
    -- `expiries` holds a lower bound, because renewals do not touch it.
    local next_expiry = call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2]
    if next_expiry then call('ZADD', P .. 'expiries', next_expiry, j) else call('ZREM', P .. 'expiries', j) end
  end)
end
if #reclaimed > 0 then wake('') end
for _, j in ipairs(call('ZRANGEBYSCORE', P .. 'holds', '-inf', NOW, 'LIMIT', 0, 10)) do
  guarded(j, nil, cancel, j, 'nobody authorized it in time')
end
return {0, reclaimed, ASIDE}
