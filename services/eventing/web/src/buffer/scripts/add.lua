-- Adds ARGV first…last to transaction t; returns how many were new. What is being made into a job, or was, is not.
local function add(t, user, since, first, last, quiet, patience)
  local new = 0
  pieces(first, last, function(from, to)
    local taken = call('SMISMEMBER', key('taken', t), unpack(ARGV, from, to))
    local leaving = call('SMISMEMBER', key('flush-ids', t), unpack(ARGV, from, to))
    local fresh = {}
    for i = from, to do
      if taken[i - from + 1] == 0 and leaving[i - from + 1] == 0 then fresh[#fresh + 1] = ARGV[i] end
    end
    if #fresh > 0 then new = new + call('SADD', key('ids', t), unpack(fresh)) end
  end)
  if new == 0 then return 0 end
  local open = key('open', t)
  call('HSETNX', open, 'first', NOW)
  if user ~= '' then call('HSETNX', open, 'user', user) end
  if since ~= '' then
    local earlier = call('HGET', open, 'since')
    if not earlier or tonumber(since) < tonumber(earlier) then call('HSET', open, 'since', since) end
  end
  call('ZADD', P .. 'due', math.min(NOW + quiet, call('HGET', open, 'first') + patience), t)
  return new
end

-- Adds all transactions that stand in ARGV from `at` on, each as
--   <authorization>:<transaction key>, user or '', since ms or '', number of ids, ids
local function add_all(at, quiet, patience)
  local new = 0
  while ARGV[at] do
    local ids = tonumber(ARGV[at + 3])
    new = new + add(ARGV[at], ARGV[at + 1], ARGV[at + 2], at + 4, at + 3 + ids, quiet, patience)
    at = at + 4 + ids
  end
  return new
end
