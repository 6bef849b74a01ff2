-- Takes transactions whose time has come, to be made into jobs. Returns {ms until the next one or -1, flushes, {{transaction
-- that was set aside, why}...}}, a flush being {transaction, number, org or '', user or '', since ms or '', ids,
-- trace or ''}.
-- What cannot be read is set aside, and keeps no other from its turn.
-- Grows a little, but above all what follows does: while Redis is full nothing is taken.
-- ARGV 2 process  3 lease ms  4 most ids of a flush  5 most flushes
local process, lease, most_ids, most = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local due, flushing = P .. 'due', P .. 'flushing'
mend(due, 'zset')
mend(flushing, 'zset')
local flushes, aside, ids, wait = {}, {}, 0, -1

-- Longest trace that anybody of us writes: traceparent, a space, tracestate.
local MOST_TRACE = 600

-- The name of a transaction that is text.
local function shown(t) return (string.gsub(t, '[^\33-\126]', '?')) end

-- The parts of a flush, or nothing and what is wrong with it.
local function read(t)
  local flush, from = key('flush', t), key('flush-ids', t)
  if t ~= shown(t) then return nil, 'its name' end
  if type_of(flush) ~= 'hash' then return nil, 'no flush' end
  if type_of(from) ~= 'set' then return nil, 'no records' end
  local number, org, user, since, committed, trace =
    unpack(call('HMGET', flush, 'number', 'org', 'user', 'since', 'committed', 'trace'))
  if not number_of(number) or string.format('%.0f', number) ~= number then return nil, 'number' end
  if since and not number_of(since) then return nil, 'since' end
  if committed and not number_of(committed) then return nil, 'committed' end
  local members = call('SMEMBERS', from)
  for _, id in ipairs(members) do
    if id ~= '*' and string.find(id, '%W') then return nil, 'a record' end
  end
  if user and string.find(user, '%W') then user = nil end
  if org and string.find(org, '%W') then org = nil end
  if trace and (#trace > MOST_TRACE or string.find(trace, '[^ -~]')) then trace = nil end
  return {t, tonumber(number), org or '', user or '', since or '', members, trace or ''}
end

local function hand_out(t)
  local flush, wrong = read(t)
  if not flush then
    aside[#aside + 1] = {shown(t), wrong}
    set_aside(t)
    return
  end
  call('HSET', key('flush', t), 'process', process)
  call('ZADD', flushing, NOW + lease, t)
  ids = ids + #flush[6]
  flushes[#flushes + 1] = flush
end

local function enough() return #flushes >= most or ids >= most_ids end

-- Flushes of a process that is gone; and of this one, which makes them one call after the other: those of a call whose
-- answer it did not get.
local under_way = call('ZRANGE', flushing, 0, -1, 'WITHSCORES')
for i = 1, #under_way, 2 do
  local t = under_way[i]
  local flush = key('flush', t)
  local free = tonumber(under_way[i + 1]) <= NOW or type_of(flush) ~= 'hash' or call('HGET', flush, 'process') == process
  if free and not enough() then hand_out(t) end
end

-- The number of a flush is in no other, also not in one of before somebody wrote what is no number.
mend(P .. 'flushes', 'string')
if not is_count(call('GET', P .. 'flushes') or '0', 15) then call('SET', P .. 'flushes', string.format('%.0f', NOW)) end

-- Moves the ids of t into a flush; those that are too many for one wait for the next.
local function begin(t)
  local from, to, open = key('ids', t), key('flush-ids', t), key('open', t)
  local flush, fields = key('flush', t), call('HMGET', open, 'user', 'since', 'committed', 'org', 'trace')
  call('HSET', flush, 'number', call('INCR', P .. 'flushes'))
  if fields[1] then call('HSET', flush, 'user', fields[1]) end
  if fields[2] then call('HSET', flush, 'since', fields[2]) end
  if fields[3] then call('HSET', flush, 'committed', fields[3]) end
  if fields[4] then call('HSET', flush, 'org', fields[4]) end
  if fields[5] then call('HSET', flush, 'trace', fields[5]) end
  if call('SCARD', from) <= most_ids then
    call('RENAME', from, to)
    call('DEL', open)
    call('ZREM', due, t)
  else
    local some = call('SPOP', from, most_ids)
    pieces(1, #some, function(first, last) call('SADD', to, unpack(some, first, last)) end)
  end
  hand_out(t)
end

for _, t in ipairs(call('ZRANGE', due, '-inf', NOW, 'BYSCORE', 'LIMIT', 0, most)) do
  if enough() then break end
  local found = type_of(key('ids', t))
  mend(key('open', t), 'hash')
  if found ~= 'set' then
    if found ~= 'none' then aside[#aside + 1] = {shown(t), 'its records'} end
    call('UNLINK', key('ids', t), key('open', t))
    call('ZREM', due, t)
  elseif call('EXISTS', key('flush', t)) == 1 then
    -- One flush at a time. Its end puts the transaction back; if it never ends, its lease does.
    call('HSET', key('open', t), 'waits', 1)
    local ends = call('ZSCORE', flushing, t)
    call('ZADD', due, ends or NOW + lease, t)
    if not ends then hand_out(t) end
  else
    begin(t)
  end
end

for _, set in ipairs({due, flushing}) do
  local first = call('ZRANGE', set, 0, 0, 'WITHSCORES')
  if first[2] then
    local left = math.max(0, first[2] - NOW)
    if wait < 0 or left < wait then wait = left end
  end
end
return {wait, flushes, aside}
