-- Up to when the changes of records have been dealt with: ms or '' of each.
-- ARGV 1 <prefix>  2 authorization  3… ids
local covered, times = ARGV[1] .. 'changes:covered:' .. ARGV[2], {}
-- What somebody else has written there says nothing.
local readable = redis.call('TYPE', covered).ok == 'zset'
for from = 3, #ARGV, 1000 do
  local to = math.min(from + 999, #ARGV)
  local scores = readable and redis.call('ZMSCORE', covered, unpack(ARGV, from, to)) or {}
  for i = 1, to - from + 1 do times[#times + 1] = scores[i] or '' end
end
return times
