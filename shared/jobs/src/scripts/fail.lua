-- Ends a run that failed. Returns retried, dead, dropped or lost.
-- ARGV 2 lease  3 delay ms, -1 = give it up now  4 most attempts  5 reason
local lease, delay = ARGV[2], tonumber(ARGV[3])
local j, task = parse(lease)
if not end_lease(j, lease) then return 'lost' end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  if fields(j, 'cancel') and task ~= 'F' then
    give_back(j, task, 0)
    return 'dropped'
  end
  local attempts = call('HINCRBY', key('tries', j), task .. ':a', 1)
  if delay < 0 or attempts >= tonumber(ARGV[4]) then
    bury(j, task, ARGV[5])
    return 'dead'
  end
  trouble(j, task, ARGV[5], attempts)
  tally('retried', 1)
  give_back(j, task, delay)
  note_again(j)
  return 'retried'
end) or 'lost'
