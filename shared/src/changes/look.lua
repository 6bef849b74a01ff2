-- Up to when the changes of records have been dealt with: ms or '' of each.
-- ARGV 1 <prefix>  2 authorization  3… ids
local covered, times = ARGV[1] .. 'changes:covered:' .. ARGV[2], {}
for from = 3, #ARGV, 1000 do
  local scores = redis.call('ZMSCORE', covered, unpack(ARGV, from, math.min(from + 999, #ARGV)))
  for i = 1, #scores do times[#times + 1] = scores[i] or '' end
end
return times
