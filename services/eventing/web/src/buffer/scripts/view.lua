-- Looks at everything: {lease or '', position, counts, report (each name, value, …), open, flushing}.
-- ARGV 2 subscription
return {
  call('GET', key('lease', ARGV[2])) or '',
  call('HGETALL', key('position', ARGV[2])),
  call('HGETALL', P .. 'counts'),
  call('HGETALL', key('report', ARGV[2])),
  call('ZCARD', P .. 'due'),
  call('ZCARD', P .. 'flushing'),
}
