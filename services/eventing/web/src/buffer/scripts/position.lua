-- Where a subscription goes on: {version or '', replay id or ''}.
-- ARGV 2 subscription
local fields = call('HMGET', key('position', ARGV[2]), 'version', 'replay_id')
return {fields[1] or '', fields[2] or ''}
