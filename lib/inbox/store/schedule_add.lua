-- Stores a notification for later.
-- KEYS (after an arrival's): lock and progress of a way in, then the keys of the inbox
-- ARGV (after an arrival's): who must hold the lock ('' for nobody), the progress, site, id, room, Unix time in seconds
--   ('-' for when it is delivered), content, Unix time in milliseconds it expires ('' for never), 1 if a caller made the
--   id, Unix time in milliseconds it is due
-- Returns 1 if it is stored, 0 if the caller's id was known, -1 if another node holds the lock, -2 if as much is scheduled for
--   the user as may be.
local HOLDER, PROGRESS, SITE, ID, ROOM, AT, CONTENT, EXPIRES_AT, IS_CALLERS_ID, DUE = unpack(ARGV, 4)
if HOLDER ~= '' and not claim_turn(KEYS[3], KEYS[4], HOLDER, PROGRESS, PROGRESS) then
  return -1
end
open_inbox(5)
require_types()
redis.call('ZCARD', SCHEDULED)
if is_too_much(SITE, #CONTENT + EACH_BYTES) then
  local is_known = IS_CALLERS_ID == '1' and (redis.call('EXISTS', PREFIX .. 'inbox-id:{' .. USER .. '}:' .. ID) == 1)
  return is_known and 0 or -2
end
local seconds = math.max(0, math.ceil((tonumber(DUE) - NOW) / 1000))
if IS_CALLERS_ID == '1' and not take_id(SITE, ID, seconds + CALLERS_ID_SECONDS) then
  return 0
end
put_for_later(SITE, ID, DUE, EXPIRES_AT, AT, ROOM, CONTENT)
return 1
