-- Where a subscription is: {version or '', replay id or '', since ms or '', org or ''}.
-- ARGV 2 subscription
local fields = call('HMGET', key('position', ARGV[2]), 'version', 'replay_id', 'since', 'org')
return {fields[1] or '', fields[2] or '', fields[3] or '', fields[4] or ''}
