-- cover(prefix, authorization, pairs): notes that jobs have dealt with the changes of records up to a time. `pairs` is ms,
-- id, ms, id, …; an earlier time than is known changes nothing.
local function cover(prefix, authorization, pairs)
  local covered = prefix .. 'changes:covered:' .. authorization
  -- Somebody else has written there.
  if redis.call('TYPE', covered).ok ~= 'zset' then redis.call('UNLINK', covered) end
  for from = 1, #pairs, 1000 do
    redis.call('ZADD', covered, 'GT', unpack(pairs, from, math.min(from + 999, #pairs)))
  end
  -- An overflow is about minutes, and its job may wait for a worker for hours. At 130 bytes a record, 13 MB at most.
  local hours = 6 * 60 * 60 * 1000
  redis.call('ZREMRANGEBYSCORE', covered, '-inf', redis.call('TIME')[1] * 1000 - hours)
  redis.call('ZREMRANGEBYRANK', covered, 0, -100001)
  redis.call('PEXPIRE', covered, hours)
end
