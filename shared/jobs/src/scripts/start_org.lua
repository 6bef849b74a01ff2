-- Ends the pause of an org, whoever began it. Returns 1 when there was one.
-- ARGV 2 org  3 who
local org = ARGV[2]
local paused = call('DEL', key('pause', org))
call('DEL', key('paused_since', org))
call('ZREM', P .. 'stopped', org)
if paused == 0 then return 0 end
end_rest(org)
operation('resumed', org, ARGV[3], '')
wake('')
return 1
