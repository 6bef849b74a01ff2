-- How many ms ago any worker was heard of; -1 when none ever was.
local seen = call('HGET', P .. 'pulse', 'seen')
return seen and math.max(0, NOW - seen) or -1
