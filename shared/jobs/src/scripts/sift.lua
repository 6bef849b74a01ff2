-- A page of jobs of all orgs or of one, newest first, those that fit. {{job...}, where to go on or ''}: it looks at a bounded
-- number of jobs, so a page may be short, or empty, and there is more.
-- ARGV 2 all, open or buried  3 org or ''  4 go on after this job or ''  5 most jobs to look at  6 most jobs of the page
--      7 state, `ended` or ''  8 name of a kind, or as it stands in jobs, or ''  9 created at least at ms  10 and before ms
local index, org, after, scan, limit = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local state, kind, from, to = ARGV[7], ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
-- Open jobs that are sorted; of more than these, the list of all is looked at.
local SORTED = 5000
local ENDED = {completed = true, cancelled = true, failed = true}

-- Whether a job's kind is the one that is asked for, in whichever version.
local function is_of_kind(what)
  return kind == '' or what == kind or (what and string.match(what, '^(.*)@%d+$') == kind)
end

local ids, is_open = nil, false
if index == 'open' then
  local set = org == '' and P .. 'open' or key('open', org)
  if call('SCARD', set) <= SORTED then
    ids = call('SMEMBERS', set)
    -- The ids of later jobs sort after those of earlier ones.
    table.sort(ids, function(a, b) return a > b end)
    local first = 1
    while after ~= '' and ids[first] and ids[first] >= after do first = first + 1 end
    ids = {unpack(ids, first, math.min(#ids, first + scan - 1))}
  else
    is_open = true
    index = 'all'
  end
end
if not ids then
  local list = P .. index
  if index == 'all' and org ~= '' then list = key('jobs', org) end
  local rank = 0
  if after ~= '' then
    local last = call('ZREVRANK', list, after)
    if not last then return {{}, ''} end
    rank = last + 1
  end
  ids = call('ZREVRANGE', list, rank, rank + scan - 1)
end

local page, last = {}, ''
for i, j in ipairs(ids) do
  local of, is, what, created = fields(j, 'org', 'state', 'kind', 'created_at')
  created = tonumber(created or 0)
  if of and (org == '' or of == org) and is_of_kind(what) and created >= from and created < to
    and (state == '' or is == state or (state == 'ended' and ENDED[is])) and not (is_open and ENDED[is]) then
    page[#page + 1] = j
  end
  last = j
  if #page == limit then return {page, i < #ids and last or (#ids == scan and last or '')} end
end
return {page, #ids == scan and last or ''}
