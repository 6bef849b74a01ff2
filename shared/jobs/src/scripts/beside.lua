-- Sets how many calls a task may have under way beside its first one; each counts as a task of the org. Returns how many
-- they are from now on. More are granted only while the org has room and nothing that waits for it: what could start goes
-- before what is under way already. Fewer are always taken back. A lease that is lost has none.
-- ARGV 2 lease  3 most calls beside  4 org limit
-- Jobs of the org that are asked whether they have something ready; of more, some have.
local ASKED = 32
local function waits(org)
  local active = key('active', org)
  if call('ZCARD', active) > ASKED then return true end
  for _, j in ipairs(call('ZRANGE', active, 0, -1)) do
    if call('EXISTS', key('ready', j)) == 1 then return true end
  end
  return false
end

local function for_job(_, _, act, j) return act(j) end

local lease, most = ARGV[2], tonumber(ARGV[3])
local j = parse(lease)
if not call('ZSCORE', key('leases', j), lease) then return 0 end
local beside, org, cancel = key('beside', j), fields(j, 'org', 'cancel')
local has = tonumber(call('HGET', beside, lease) or 0)
if most > has then
  local room = ARGV[4] - in_use(org, for_job)
  if room <= 0 or cancel or is_resting(org) or waits(org) then return has end
  most = math.min(most, has + room)
end
if most == 0 then call('HDEL', beside, lease) else call('HSET', beside, lease, most) end
if most < has then
  end_rest(org)
  if call('EXISTS', key('active', org)) == 1 then wake('') end
end
return most
