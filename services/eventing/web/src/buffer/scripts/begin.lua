-- Where a subscription goes on: {version or '', replay id or '', since ms or '', 1 when it begins with this very call, the org
-- whose position was dropped or ''}.
-- Salesforce tells no place before the first event or sign of life. So a subscription without a place notes when it began,
-- before it asks for anything: whoever goes on later knows from when on events are its business.
-- An authorization can be moved to another org, in which the place of the one before is no place, or a wrong one, and where
-- copies of its records may have the same ids. A position without an org is one of the version before.
-- ARGV 2 subscription  3 when it began: 'now', ms, or '' when all events are its business  4 org  5 authorization
local position = key('position', ARGV[2])
local before = call('HGET', position, 'org')
local moved = before and before ~= ARGV[4]
if moved then call('UNLINK', position, key('covered', ARGV[5])) end
call('HSET', position, 'org', ARGV[4])
local fields = call('HMGET', position, 'version', 'replay_id', 'since')
local version, replay_id, since = fields[1] or '', fields[2] or '', fields[3] or ''
before = moved and before or ''
if replay_id ~= '' or since ~= '' or ARGV[3] == '' then return {version, replay_id, since, 0, before} end
local new = ARGV[3] == 'now'
since = new and string.format('%.0f', NOW) or ARGV[3]
call('HSET', position, 'since', since)
return {version, '', since, new and 1 or 0, before}
