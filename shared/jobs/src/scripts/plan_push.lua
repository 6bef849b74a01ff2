-- Stores a page of the plan: chunks and cursor in one step, fenced by the planner's lease. The planning task goes
-- behind the chunks, or is parked at the high-water mark. Who asks for it goes on with the first chunk of the page at once:
-- its lease takes the place of the planner's, and the planning task goes in front, as the org may have more room than that
-- page has chunks, and would run dry before the next one. Returns {stored, dropped or lost, lease of that chunk or ''}.
-- Grows, so it fails when Redis is full: then nothing is stored and the lease is still held.
-- ARGV 2 lease  3 cursor  4 1 when done  5 high-water mark  6 proof of the cursor
--      7 1 to go on  8 lease ms  9... records, payload of each chunk
local lease, done, mark, goes_on = ARGV[2], ARGV[4] == '1', tonumber(ARGV[5]), ARGV[7] == '1'
local j, _, _, worker = parse(lease)
local random = goes_on_as(lease)
if not end_lease(j, lease) then
  -- A repeated call finds the lease that the first one made.
  for _, held in ipairs(call('ZRANGE', key('leases', j), 0, -1)) do
    if goes_on and random_part(held) == random then return {'stored', held} end
  end
  return {'lost', ''}
end
-- Its lease is gone, so a task whose end cannot be recorded would be lost: then the job ends.
return guarded(j, nil, function()
  local job = key('job', j)
  forget_tries(j, 'P')
  if fields(j, 'cancel') then
    drop(j, 'P')
    advance(j)
    return {'dropped', ''}
  end
  local org, total, held = fields(j, 'org', 'total', 'held')
  local number, records, taken = tonumber(total), 0, ''
  goes_on = goes_on and not held and not is_resting(org)
  for i = 9, #ARGV, 2 do
    call('HSET', key('chunk', j), number, ARGV[i] .. ' ' .. ARGV[i + 1])
    if goes_on and i == 9 then
      taken = begin_lease(j, org, number, tonumber(ARGV[8]), worker, random)
    else
      enqueue(j, number, false)
    end
    number, records = number + 1, records + ARGV[i]
  end
  call('HSET', job, 'total', number, 'cursor', ARGV[3], 'cursor_proof', ARGV[6])
  call('HINCRBY', job, 'planned_records', records)
  if done then
    call('HSET', job, 'plan', 'done')
  elseif outstanding(j) >= mark then
    call('HSET', job, 'plan', 'parked', 'resume_at', math.max(1, math.floor(mark / 2)))
  else
    enqueue(j, 'P', taken ~= '')
  end
  event(j, 'progress')
  wake(j)
  advance(j)
  return {'stored', taken}
end) or {'lost', ''}
