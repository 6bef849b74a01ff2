-- Ends flushes whose jobs are there, and remembers their ids, so that a redelivery makes no second job.
-- ARGV 2 ms to remember  3… transaction, number of the flush; of each
for i = 3, #ARGV, 2 do
  local t, flush = ARGV[i], key('flush', ARGV[i])
  if call('HGET', flush, 'number') == ARGV[i + 1] then
    local taken, ids = key('taken', t), key('flush-ids', t)
    call('SUNIONSTORE', taken, taken, ids)
    call('PEXPIRE', taken, ARGV[2])
    call('DEL', flush, ids)
    call('ZREM', P .. 'flushing', t)
    call('HINCRBY', P .. 'counts', 'jobs', 1)
    -- Its time came while the flush was under way.
    if call('HDEL', key('open', t), 'waits') == 1 then call('ZADD', P .. 'due', NOW, t) end
  end
end
