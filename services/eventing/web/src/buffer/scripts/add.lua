-- Adds ARGV first…last to transaction t; returns how many were new. What is being made into a job, or was, is not.
-- `since` and `committed` are ms or ''; `trace` is what the job is to be a part of, or ''.
local function add(t, org, user, since, committed, trace, first, last, quiet, patience)
  local new = 0
  for name, kind in pairs({ids = 'set', taken = 'set', ['flush-ids'] = 'set', open = 'hash'}) do mend(key(name, t), kind) end
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
  if org ~= '' then call('HSETNX', open, 'org', org) end
  if user ~= '' then call('HSETNX', open, 'user', user) end
  if trace ~= '' then call('HSETNX', open, 'trace', trace) end
  local function keep(field, value, is_better)
    local known = number_of(call('HGET', open, field))
    if value ~= '' and (not known or is_better(tonumber(value), known)) then call('HSET', open, field, value) end
  end
  keep('since', since, function(one, other) return one < other end)
  keep('committed', committed, function(one, other) return one > other end)
  if since ~= '' then call('HSETNX', open, 'overflow', NOW) end
  local due = math.min(NOW + quiet, (number_of(call('HGET', open, 'first')) or NOW) + patience)
  -- An overflow waits for as long as any transaction may: those that came before it have their jobs by then, and what they
  -- deal with is left out.
  local overflow = call('HGET', open, 'overflow')
  if overflow then due = (number_of(overflow) or NOW) + patience end
  call('ZADD', P .. 'due', due, t)
  return new
end

-- Adds all transactions that stand in ARGV from `at` on, each as
--   <authorization>:<transaction key>, org or '', user or '', since ms or '', committed ms or '', trace or '', number of ids, ids
local function add_all(at, quiet, patience)
  local new = 0
  while ARGV[at] do
    local ids = tonumber(ARGV[at + 6])
    new = new + add(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5], at + 7, at + 6 + ids,
      quiet, patience)
    at = at + 7 + ids
  end
  return new
end
