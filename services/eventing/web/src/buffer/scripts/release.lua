-- Gives the lease of a subscription back, if the caller holds it.
-- ARGV 2 subscription  3 lease
local lease = key('lease', ARGV[2])
if call('GET', lease) == ARGV[3] then call('DEL', lease) end
