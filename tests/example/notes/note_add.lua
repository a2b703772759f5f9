-- Keeps a note where there is room for it.
-- KEYS: list of the user's notes
-- ARGV: most of them (0: any number), the note
-- Returns 1 if it is kept.
if ARGV[1] ~= '0' and redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
