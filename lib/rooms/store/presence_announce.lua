-- Tells a room of a user who came while nobody was to be told yet, under the version with which the user came.
-- KEYS: sorted set of the room's users by version, see presence.lua
-- ARGV: user, pub/sub channel, the rest of what is published
local version = redis.call('ZSCORE', KEYS[1], ARGV[1])
if version then
  local users = redis.call('ZCARD', KEYS[1]) - 1
  redis.call('PUBLISH', ARGV[2], string.format('join 0 - %.0f.%d ', tonumber(version), users) .. ARGV[3])
end
return 0
