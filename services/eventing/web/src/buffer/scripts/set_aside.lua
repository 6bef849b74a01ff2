-- Takes flushes that cannot be made into jobs out of the way.
-- ARGV 2… transaction, number of the flush; of each
for i = 2, #ARGV, 2 do
  local t = ARGV[i]
  local flush = key('flush', t)
  if type_of(flush) == 'hash' and call('HGET', flush, 'number') == ARGV[i + 1] then set_aside(t) end
end
