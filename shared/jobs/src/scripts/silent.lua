-- Ends a run because its org did not answer: the org rests, longer each time, and then one task tries it for all. The run
-- costs no attempt, unless its org had answered before, or the job only waits to end as cancelled. A run that finds the
-- org as it was found for too long is given up. Returns retried, dead, dropped or lost.
-- ARGV 2 lease  3 reason  4 ms of the first rest  5 most ms of a rest  6 random number from 0 to 1
--      7 delay ms, -1 = costs no attempt  8 most attempts  9 ms of silence after which runs are given up
local lease, reason, first, most = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local random, delay, patience = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[9])
local j, task = parse(lease)
if not end_lease(j, lease) then return 'lost' end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  local org, cancel, outcome = fields(j, 'org', 'cancel', 'outcome')
  local silent = key('silent', org)
  local since, times, probe = unpack(call('HMGET', silent, 'since', 'times', 'probe'))
  -- Tasks that were under way when the silence began find what is known.
  if not since or probe == lease then
    since, times = tonumber(since or NOW), tonumber(times or 0) + 1
    local longest = math.min(most, first * 2 ^ math.min(times - 1, 40))
    local rest = math.max(1, math.ceil(longest * (1 + random) / 2))
    call('HSET', silent, 'since', since, 'times', times, 'reason', reason)
    call('HDEL', silent, 'probe')
    call('PEXPIRE', silent, rest + SILENT_KEPT)
    pause(org, rest, reason)
  end
  if cancel and task ~= 'F' then
    give_back(j, task, 0)
    return 'dropped'
  end
  if NOW - since > patience then
    bury(j, task, reason .. ' (for ' .. math.floor((NOW - since) / 60000) .. ' minutes)')
    return 'dead'
  end
  if delay >= 0 or (task == 'F' and outcome == 'cancelled') then
    if call('HINCRBY', key('tries', j), task .. ':a', 1) >= tonumber(ARGV[8]) then
      bury(j, task, reason)
      return 'dead'
    end
  end
  if delay >= 0 then
    trouble(j, task, reason, tonumber(call('HGET', key('tries', j), task .. ':a') or 0))
    tally('retried', 1)
  end
  give_back(j, task, math.max(0, delay))
  if delay >= 0 then note_again(j) else note(j) end
  return 'retried'
end) or 'lost'
