-- Stores a page of the plan: chunks and cursor in one step, fenced by the planner's lease. The planning task goes
-- behind the chunks, or is parked at the high-water mark. Returns stored, dropped or lost.
-- Grows, so it fails when Redis is full: then nothing is stored and the lease is still held.
-- ARGV 2 lease  3 cursor  4 1 when done  5 high-water mark  6 proof of the cursor  7... records, payload of each chunk
local lease, done, mark = ARGV[2], ARGV[4] == '1', tonumber(ARGV[5])
local j = parse(lease)
if not end_lease(j, lease) then return 'lost' end
local job = key('job', j)
forget_tries(j, 'P')
if fields(j, 'cancel') then
  drop(j, 'P')
  advance(j)
  return 'dropped'
end
local number, records = tonumber((fields(j, 'total'))), 0
for i = 7, #ARGV, 2 do
  call('HSET', key('chunk', j), number, ARGV[i] .. ' ' .. ARGV[i + 1])
  enqueue(j, number, false)
  number, records = number + 1, records + ARGV[i]
end
call('HSET', job, 'total', number, 'cursor', ARGV[3], 'cursor_proof', ARGV[6])
call('HINCRBY', job, 'planned_records', records)
if done then
  call('HSET', job, 'plan', 'done')
elseif outstanding(j) >= mark then
  call('HSET', job, 'plan', 'parked', 'resume_at', math.max(1, math.floor(mark / 2)))
else
  enqueue(j, 'P', false)
end
event(j, 'progress')
wake(j)
advance(j)
return 'stored'
