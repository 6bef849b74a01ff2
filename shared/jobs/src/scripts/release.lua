-- Gives tasks back that were not run to an end. Costs no attempt. Returns how many leases were still held.
-- ARGV 2 delay ms  3... leases
local delay, released = tonumber(ARGV[2]), 0
for i = 3, #ARGV do
  local j, task = parse(ARGV[i])
  if end_lease(j, ARGV[i]) then
    guarded(j, nil, function()
      give_back(j, task, delay)
      note(j)
    end)
    released = released + 1
  end
end
if released > 0 then wake('') end
return released
