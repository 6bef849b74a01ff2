-- A worker has ended: operators see it no longer. Returns 1.
-- ARGV 2 worker
call('UNLINK', key('beat', ARGV[2]), key('figures', ARGV[2]))
call('ZREM', P .. 'beats', ARGV[2])
return 1
