-- Dead letters of a job by their number, the plan's first, those that a retry has not put back among them. Returns
-- {how many there are, task, letter as JSON...}, so many letters at most; of very many, some.
-- ARGV 2 job  3 most
-- Letters whose numbers are sorted.
local SORTED = 500
local j, most = ARGV[2], tonumber(ARGV[3])
local lists, total, tasks = {key('dead', j), key('again', j)}, 0, {}
for _, list in ipairs(lists) do total = total + call('HLEN', list) end
for _, list in ipairs(lists) do
  if total <= SORTED then
    for _, task in ipairs(call('HKEYS', list)) do tasks[#tasks + 1] = {task, list} end
  else
    local found = call('HSCAN', list, 0, 'COUNT', most)[2]
    for i = 1, #found, 2 do tasks[#tasks + 1] = {found[i], list} end
  end
end
table.sort(tasks, function(a, b) return (tonumber(a[1]) or -1) < (tonumber(b[1]) or -1) end)
local letters = {total}
for i = 1, math.min(most, #tasks) do
  local task, list = unpack(tasks[i])
  letters[#letters + 1] = task
  letters[#letters + 1] = call('HGET', list, task)
end
return letters
