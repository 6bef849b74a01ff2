-- {open jobs, ready, leased, delayed tasks} of all jobs, for gauges.
local ready, leased, delayed = 0, 0, 0
local open = call('SMEMBERS', P .. 'open')
for _, j in ipairs(open) do
  ready = ready + call('LLEN', key('ready', j))
  leased = leased + call('ZCARD', key('leases', j))
  delayed = delayed + call('ZCARD', key('delayed', j))
end
return {#open, ready, leased, delayed}
