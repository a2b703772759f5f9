-- Fans out what no history keeps.
-- ARGV: pub/sub channel, message
-- Returns what a publication without a position returns.
redis.call('PUBLISH', ARGV[1], ARGV[2])
return { 0, '', 0 }
