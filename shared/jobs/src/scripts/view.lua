-- Jobs of an org, one answer for each: {job fields, parameters, counters, records by worker, running chunks, ms the org's
-- pause lasts, its reason, since when, since when the org does not answer, acts, what kept it from going on last, when it goes
-- on}, or nothing when there is no such job or it is another org's. Then Redis's time.
-- ARGV 2 org, '' for any  3... jobs
local views = {}
for i = 3, #ARGV do
  local j, view = ARGV[i], false
  local org, state = fields(j, 'org', 'state')
  if org and (ARGV[2] == '' or org == ARGV[2]) then
    local pause_ms, pause_reason, pause_since, _, silent_since = standing(org)
    local why, due = why_not(j, org, state)
    local running = 0
    for _, lease in ipairs(call('ZRANGE', key('leases', j), 0, -1)) do
      local _, task = parse(lease)
      if is_chunk(task) then running = running + 1 end
    end
    view = {call('HGETALL', key('job', j)), call('GET', key('params', j)), call('HGETALL', key('counters', j)),
      call('HGETALL', key('workers', j)), running, pause_ms, pause_reason or false, pause_since or false,
      silent_since or false, call('LRANGE', key('acts', j), 0, -1), why, due}
  end
  views[#views + 1] = view
end
return {views, NOW}
