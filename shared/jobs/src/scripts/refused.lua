-- Records what an operator wanted to do and was not done. Returns 1.
-- ARGV 2 what  3 org  4 job or ''  5 who  6 why not
keep_entry(P .. 'refused', {act = ARGV[2], org = ARGV[3], job = ARGV[4], actor = ARGV[5], why = ARGV[6], at = NOW})
return 1
