-- Takes in what the subscriber received, and moves its position, in one step. Returns 'stored', 'lost' when another process
-- subscribes, 'moved' when the position is not the one that this subscriber stored last (Redis lost its last moments).
-- ARGV 2 lease  3 subscription  4 version expected or ''  5 version after it  6 replay id  7 quiet ms  8 patience ms
--      9 received  10 ignored  11 unreadable  12 commit time of the last event, ms or ''  13… transactions, see add_all
if call('GET', key('lease', ARGV[3])) ~= ARGV[2] then return 'lost' end
local position = key('position', ARGV[3])
local version = call('HGET', position, 'version') or ''
if version == ARGV[5] then return 'stored' end -- this very call, repeated
if version ~= ARGV[4] then return 'moved' end
call('HSET', position, 'version', ARGV[5], 'replay_id', ARGV[6], 'at', NOW)
for i, name in ipairs({'received', 'ignored', 'unreadable'}) do
  if ARGV[8 + i] ~= '0' then tally(name, ARGV[8 + i]) end
end
if ARGV[12] ~= '' then call('HSET', P .. 'counts', 'last_event_at', ARGV[12]) end
add_all(13, ARGV[7], ARGV[8])
return 'stored'
