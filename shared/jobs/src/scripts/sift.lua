-- A page of jobs of all orgs or of one, newest first, those that fit. {{job...}, where to go on or ''}: it looks at a bounded
-- number of jobs, so a page may be short, or empty, and there is more.
-- ARGV 2 all, open, buried, failed or cancelled  3 org or ''  4 go on after this job or ''  5 most jobs to look at
--      6 most jobs of the page  7 state, `ended` or ''  8 name of a kind, or as it stands in jobs, or ''
--      9 created at least at ms  10 and before ms
--      11 `ids`, or `rows`: then {job, org, state, kind, created, processed, planned records, failed, dead chunks, reason or '',
--      what kept it from going on last or '', when it goes on in ms or 0, when its org's pause ends in ms or 0} in place of each
--      job: what a table shows, for a third of what all about a job costs
local index, org, after, scan, limit = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local state, kind, from, to, rows = ARGV[7], ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11] == 'rows'
-- Open jobs that are sorted; of more than these, the list of all is looked at.
local SORTED = 300
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
  local list, of_org = P .. index, key('jobs', org)
  -- Of an org the shorter of the two lists has them all.
  local is_whole = index == 'failed' or index == 'cancelled'
  if org ~= '' and (index == 'all' or (is_whole and call('ZCARD', of_org) < call('ZCARD', list))) then list = of_org end
  local rank = 0
  if after ~= '' then
    local last = call('ZREVRANK', list, after)
    if not last then return {{}, ''} end
    rank = last + 1
  end
  ids = call('ZREVRANGE', list, rank, rank + scan - 1)
end

-- What a table shows of a job.
local function row(j, of, is, what, created)
  local processed, planned, failed, dead, reason =
    fields(j, 'processed', 'planned_records', 'failed', 'dead', 'reason')
  local why, due = why_not(j, of, is)
  local rests, pause = 0, false
  if not ENDED[is] then rests, pause = standing(of) end
  return {j, of, is, what, created, processed or '0', planned or '0', failed or '0', dead or '0', reason or pause or '',
    why or '', due and string.format('%.0f', due) or '0', rests > 0 and string.format('%.0f', NOW + rests) or '0'}
end

local page, last = {}, ''
for i, j in ipairs(ids) do
  local of, is, what, created = fields(j, 'org', 'state', 'kind', 'created_at')
  local at = tonumber(created or 0)
  if of and is and what and (org == '' or of == org) and is_of_kind(what) and at >= from and at < to
    and (state == '' or is == state or (state == 'ended' and ENDED[is])) and not (is_open and ENDED[is]) then
    page[#page + 1] = rows and row(j, of, is, what, created or '0') or j
  end
  last = j
  if #page == limit then return {page, i < #ids and last or (#ids == scan and last or '')} end
end
return {page, #ids == scan and last or ''}
