-- The org has answered the task that tries it: it rests no longer. Returns 1 when it did until now.
-- ARGV 2 lease
local lease = ARGV[2]
local org = fields((parse(lease)), 'org')
if not org or call('HGET', key('silent', org), 'probe') ~= lease then return 0 end
call('UNLINK', key('silent', org))
end_rest(org)
wake('')
return 1
