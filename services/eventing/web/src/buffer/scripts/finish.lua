-- Ends flushes whose jobs are there, and remembers their ids, so that a redelivery makes no second job, and an overflow no
-- second Quote.
-- ARGV 2 ms to remember  3… transaction, number of the flush; of each
for i = 3, #ARGV, 2 do
  local t, flush = ARGV[i], key('flush', ARGV[i])
  if type_of(flush) == 'hash' and call('HGET', flush, 'number') == ARGV[i + 1] then
    local taken, ids = key('taken', t), key('flush-ids', t)
    mend(taken, 'set')
    mend(ids, 'set')
    call('SUNIONSTORE', taken, taken, ids)
    call('PEXPIRE', taken, ARGV[2])
    -- After an overflow it is the job that finds the records, and notes them.
    local committed = number_of(call('HGET', flush, 'committed'))
    if committed and call('SISMEMBER', ids, '*') == 0 then
      local pairs, at = {}, math.min(committed, NOW)
      for _, id in ipairs(call('SMEMBERS', ids)) do
        pairs[#pairs + 1] = at
        pairs[#pairs + 1] = id
      end
      cover(ARGV[1], string.match(t, '^([^:]*):'), pairs)
    end
    call('DEL', flush, ids)
    call('ZREM', P .. 'flushing', t)
    tally('jobs', 1)
    let_wait_no_longer(t)
  end
end
