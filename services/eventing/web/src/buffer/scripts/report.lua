-- Keeps what went wrong, for people.
-- ARGV 2 subscription  3 what: error or position_lost  4 text
call('HSET', key('report', ARGV[2]), ARGV[3], ARGV[4], ARGV[3] .. '_at', NOW)
