-- Gives back what the worker holds without knowing it, after a claim whose answer it did not get. Returns how many.
-- ARGV 2 worker  3... leases it knows
local worker, known, told, released = ARGV[2], {}, {}, 0
for i = 3, #ARGV do
  known[ARGV[i]] = true
  -- A plan may go on with a chunk of whose lease its worker is being told.
  local j, task = parse(ARGV[i])
  if task == 'P' then told[j .. goes_on_as(ARGV[i])] = true end
end
-- Every job with a lease is in `expiries`.
for _, j in ipairs(call('ZRANGE', P .. 'expiries', 0, -1)) do
  guarded(j, nil, function()
    for _, lease in ipairs(call('ZRANGE', key('leases', j), 0, -1)) do
      local _, task, _, owner = parse(lease)
      if owner == worker and not known[lease] and not told[j .. random_part(lease)] then
        end_lease(j, lease)
        give_back(j, task, 0)
        note(j)
        released = released + 1
      end
    end
  end)
end
if released > 0 then wake('') end
return released
