-- Takes transactions whose time has come, to be made into jobs. Returns {ms until the next one or -1, flushes}, a
-- flush being {transaction, number, user or '', since ms or '', ids}.
-- Grows a little, but above all what follows does: while Redis is full nothing is taken.
-- ARGV 2 process  3 lease ms  4 most ids of a flush  5 most flushes
local process, lease, most_ids, most = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local due, flushing = P .. 'due', P .. 'flushing'
local flushes, ids, wait = {}, 0, -1

local function hand_out(t)
  local flush = key('flush', t)
  call('HSET', flush, 'process', process)
  call('ZADD', flushing, NOW + lease, t)
  local fields, members = call('HMGET', flush, 'number', 'user', 'since'), call('SMEMBERS', key('flush-ids', t))
  ids = ids + #members
  flushes[#flushes + 1] = {t, tonumber(fields[1]), fields[2] or '', fields[3] or '', members}
end

local function enough() return #flushes >= most or ids >= most_ids end

-- Flushes of a process that is gone; and of this one, which makes them one call after the other: those of a call whose
-- answer it did not get.
local under_way = call('ZRANGE', flushing, 0, -1, 'WITHSCORES')
for i = 1, #under_way, 2 do
  local t = under_way[i]
  local free = tonumber(under_way[i + 1]) <= NOW or call('HGET', key('flush', t), 'process') == process
  if free and not enough() then hand_out(t) end
end

-- Moves the ids of t into a flush; those that are too many for one wait for the next.
local function begin(t)
  local from, to, open = key('ids', t), key('flush-ids', t), key('open', t)
  local flush, fields = key('flush', t), call('HMGET', open, 'user', 'since', 'committed')
  call('HSET', flush, 'number', call('INCR', P .. 'flushes'))
  if fields[1] then call('HSET', flush, 'user', fields[1]) end
  if fields[2] then call('HSET', flush, 'since', fields[2]) end
  if fields[3] then call('HSET', flush, 'committed', fields[3]) end
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
  if call('EXISTS', key('ids', t)) == 0 then
    call('DEL', key('open', t))
    call('ZREM', due, t)
  elseif call('EXISTS', key('flush', t)) == 1 then
    -- One flush at a time. Its end puts the transaction back; if it never ends, its lease does.
    call('HSET', key('open', t), 'waits', 1)
    call('ZADD', due, call('ZSCORE', flushing, t) or NOW + lease, t)
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
return {wait, flushes}
