-- Counts some of the open jobs, for gauges: a step of a scan, so that many jobs do not hold Redis up.
-- {next cursor or 0, all open jobs, ready, leased, delayed tasks of those of this step}
-- ARGV 2 cursor  3 jobs of a step, about
local ready, leased, delayed = 0, 0, 0
local step = call('SSCAN', P .. 'open', ARGV[2], 'COUNT', ARGV[3])
for _, j in ipairs(step[2]) do
  ready = ready + call('LLEN', key('ready', j))
  leased = leased + call('ZCARD', key('leases', j))
  delayed = delayed + call('ZCARD', key('delayed', j))
end
return {step[1], call('SCARD', P .. 'open'), ready, leased, delayed}
