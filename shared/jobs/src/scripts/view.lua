-- Jobs of an org, one answer for each: {job fields, parameters, counters, records by worker, running chunks, ms the org's
-- pause lasts, its reason, acts}, or nothing when there is no such job or it is another org's. Then Redis's time.
-- ARGV 2 org  3... jobs
local org, views = ARGV[2], {}
local pause = key('pause', org)
local pause_ms, pause_reason = math.max(0, call('PTTL', pause)), call('GET', pause)
for i = 3, #ARGV do
  local j, view = ARGV[i], false
  if fields(j, 'org') == org then
    local running = 0
    for _, lease in ipairs(call('ZRANGE', key('leases', j), 0, -1)) do
      local _, task = parse(lease)
      if is_chunk(task) then running = running + 1 end
    end
    view = {call('HGETALL', key('job', j)), call('GET', key('params', j)), call('HGETALL', key('counters', j)),
      call('HGETALL', key('workers', j)), running, pause_ms, pause_reason, call('LRANGE', key('acts', j), 0, -1)}
  end
  views[#views + 1] = view
end
return {views, NOW}
