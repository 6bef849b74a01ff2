-- Where a subscription goes on: {version or '', replay id or '', since ms or '', 1 when it begins with this very call}.
-- Salesforce tells no place before the first event or sign of life. So a subscription without a place notes when it began,
-- before it asks for anything: whoever goes on later knows from when on events are its business.
-- ARGV 2 subscription  3 when it began: 'now', ms, or '' when all events are its business
local position = key('position', ARGV[2])
local fields = call('HMGET', position, 'version', 'replay_id', 'since')
local version, replay_id, since = fields[1] or '', fields[2] or '', fields[3] or ''
if replay_id ~= '' or since ~= '' or ARGV[3] == '' then return {version, replay_id, since, 0} end
local new = ARGV[3] == 'now'
since = new and string.format('%.0f', NOW) or ARGV[3]
call('HSET', position, 'since', since)
return {version, '', since, new and 1 or 0}
