-- Takes in what a webhook brought. Returns how many records were new.
-- Grows, so it fails when Redis is full: then nothing is taken in.
-- ARGV 2 quiet ms  3 patience ms  4 events  5… transactions, see add_all
tally('webhook', ARGV[4])
return add_all(5, ARGV[2], ARGV[3])
