-- Asks Redis which commands this server may not run, without running them.
-- KEYS: any key of the server's
-- ARGV: a pub/sub channel of the server's, then the commands, each with its first word apart: "pubsub numsub"
-- Returns those that an access control list forbids, and those that Redis does not know.
local forbidden, unknown = {}, {}
if not redis.acl_check_cmd then
  return { forbidden, unknown } -- another server than Redis, which cannot be asked
end
for i = 2, #ARGV do
  local words = {}
  for word in string.gmatch(ARGV[i], '%S+') do
    table.insert(words, word)
  end
  -- The arguments are as many as in use: Redis 7.0 fails where a command has none.
  local named = string.find(words[1], 'publish') or string.find(words[1], 'subscribe')
  local rest = named and { ARGV[1], ARGV[1] } or { KEYS[1], KEYS[1], KEYS[1] }
  if words[1] == 'xreadgroup' then
    rest = { 'GROUP', 'g', 'c', 'COUNT', '1', 'STREAMS', KEYS[1], '>' }
  elseif words[1] == 'unsubscribe' then
    rest = { ARGV[1] }
  end
  for _, argument in ipairs(rest) do
    table.insert(words, argument)
  end
  local is_known, is_allowed = pcall(redis.acl_check_cmd, unpack(words))
  if not is_known then
    table.insert(unknown, ARGV[i])
  elseif not is_allowed then
    table.insert(forbidden, ARGV[i])
  end
end
return { forbidden, unknown }
