-- ARGV 1 <prefix>  2 authorization  3… ms, id of each record
local pairs = {}
for i = 3, #ARGV do pairs[#pairs + 1] = ARGV[i] end
if #pairs > 0 then cover(ARGV[1], ARGV[2], pairs) end
