-- Shared by all scripts. ARGV[1] <prefix>; every key is built from it, and its hash tag keeps them in one slot.
local P = ARGV[1] .. 'changes:'
local call = redis.call

-- Redis's own clock, in ms: the clocks of web processes may differ.
local function clock()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local NOW = clock()

local function key(name, id) return P .. name .. ':' .. id end

-- Calls each(from, to) for pieces of first…last that unpack takes.
local function pieces(first, last, each)
  for from = first, last, 1000 do each(from, math.min(from + 999, last)) end
end
