-- Renews leases. Returns {lost, cancelled}: leases not held any more, and held ones whose job is cancelled.
-- ARGV 2 lease ms  3... leases
local expiry, lost, cancelled = NOW + ARGV[2], {}, {}
outage(tonumber(ARGV[2]))
for i = 3, #ARGV do
  local lease = ARGV[i]
  local j, task = parse(lease)
  -- A lease that cannot be read is not held: the others are renewed all the same.
  local held = guarded(j, nil, call, 'ZSCORE', key('leases', j), lease)
  if not held then
    lost[#lost + 1] = lease
  else
    call('ZADD', key('leases', j), 'XX', 'GT', expiry, lease)
    if task ~= 'F' and fields(j, 'cancel') then cancelled[#cancelled + 1] = lease end
  end
end
return {lost, cancelled}
