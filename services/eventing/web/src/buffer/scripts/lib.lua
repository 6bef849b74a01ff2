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

-- Whether a text is a whole number of at most this many digits.
local function is_count(text, digits)
  return text and text ~= '' and #text <= digits and not string.find(text, '%D')
end

-- The number, or nothing when somebody else has written what is none.
local function number_of(text) return is_count(text, 15) and tonumber(text) or nil end

local function type_of(name) return call('TYPE', name).ok end

-- Removes a key of another type than ours: somebody else's, and no use to anybody.
local function mend(name, kind)
  local found = type_of(name)
  if found ~= kind and found ~= 'none' then call('UNLINK', name) end
end

-- Adds to a number that is shown to people.
local function tally(name, by)
  local counts = P .. 'counts'
  mend(counts, 'hash')
  if not number_of(call('HGET', counts, name) or '0') then call('HDEL', counts, name) end
  call('HINCRBY', counts, name, by)
end

-- Calls each(from, to) for pieces of first…last that unpack takes.
local function pieces(first, last, each)
  for from = first, last, 1000 do each(from, math.min(from + 999, last)) end
end
