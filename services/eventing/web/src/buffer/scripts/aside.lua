-- Shared by the scripts that end flushes.

-- Its time came while the flush was under way.
local function let_wait_no_longer(t)
  local open = key('open', t)
  mend(open, 'hash')
  if call('HDEL', open, 'waits') == 1 then call('ZADD', P .. 'due', NOW, t) end
end

-- Takes a flush that cannot be made into a job out of the way; people find for a week what is left of it.
local function set_aside(t)
  call('ZREM', P .. 'flushing', t)
  for to, from in pairs({aside = key('flush', t), ['aside-ids'] = key('flush-ids', t)}) do
    if call('EXISTS', from) == 1 then
      call('RENAME', from, key(to, t))
      call('PEXPIRE', key(to, t), 7 * 24 * 60 * 60 * 1000)
    end
  end
  let_wait_no_longer(t)
end
