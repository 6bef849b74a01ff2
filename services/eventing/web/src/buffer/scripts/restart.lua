-- The subscription begins anew with the events published from now on, as Salesforce does not know its place any more.
-- Returns {'stored', since ms}; 'lost' or 'moved' in the place of 'stored' as advance does.
-- ARGV 2 lease  3 subscription  4 version expected or ''  5 version after it
local position = key('position', ARGV[3])
local fields = call('HMGET', position, 'version', 'since')
local version, since = fields[1] or '', fields[2] or ''
if call('GET', key('lease', ARGV[3])) ~= ARGV[2] then return {'lost', since} end
if version == ARGV[5] then return {'stored', since} end -- this very call, repeated
if version ~= ARGV[4] then return {'moved', since} end
since = string.format('%.0f', NOW)
call('HDEL', position, 'replay_id')
call('HSET', position, 'version', ARGV[5], 'since', since, 'at', NOW)
return {'stored', since}
