-- Counts some of the open jobs, for gauges: a step of a scan, so that many jobs do not hold Redis up.
-- {next cursor or 0, all open jobs, ready, leased, delayed tasks of those of this step}
-- ARGV 2 cursor  3 jobs of a step, about
local ready, leased, delayed = 0, 0, 0
local step = call('SSCAN', P .. 'open', ARGV[2], 'COUNT', ARGV[3])
for _, j in ipairs(step[2]) do
  -- What cannot be read is none, until a claim sets the job aside.
  local ok, counts = pcall(function()
    return {call('LLEN', key('ready', j)), call('ZCARD', key('leases', j)), call('ZCARD', key('delayed', j))}
  end)
  if ok then ready, leased, delayed = ready + counts[1], leased + counts[2], delayed + counts[3] end
end
return {step[1], call('SCARD', P .. 'open'), ready, leased, delayed}
