-- Moves a notification from the schedule into its inbox, unless another node has. One whose inbox does not take it goes to a
-- stream of its own, with the reason, so that it holds up nobody.
-- KEYS (after an arrival's): the keys of the inbox, the stream of what was refused, the user's snoozed ones
-- ARGV (after an arrival's): site, id, its name in the schedule, pub/sub channel, user, most entries of that stream
-- Returns offset (0: another node did; -1: it had expired; -2: it was refused), how many were dropped that a client had got,
--   and how many that none had, or the reason why it was refused; where some were dropped, the ids of those that had files.
local SITE, ID, NAME, CHANNEL, USER_ID, MOST_REFUSED = unpack(ARGV, 4)
local REFUSED = KEYS[11]
local name = SITE .. '\n' .. USER_ID .. '\n' .. ID
local stored = redis.call('HGET', SCHEDULED_CONTENTS, name)
local due = redis.call('ZSCORE', SCHEDULED, NAME)
if not due or not stored then
  redis.call('ZREM', SCHEDULED, NAME)
  return { 0, 0, 0 }
end

local function put_back(at)
  redis.call('ZADD', SCHEDULED, at, NAME)
  redis.call('HSET', SCHEDULED_CONTENTS, name, stored)
end

put_back(due) -- changes nothing; where it is forbidden, this fails while all is still there
redis.call('ZREM', SCHEDULED, NAME)
redis.call('HDEL', SCHEDULED_CONTENTS, name)

local function release()
  open_inbox(3)
  require_types()
  local expires_at, at, room, content = string.match(stored, '^%d+ %d+ (%S+) (%S+) ([^\n]*)\n(.*)$')
  if string.sub(content, 1, 8) == '{"type":' then
    at = '-' -- a frame of before version 0.2 has its time in itself, if it has one; `at` was 1 if it had none
  end
  if expires_at ~= '-' and tonumber(expires_at) <= NOW then
    local owner = PREFIX .. 'owner:' .. ID
    if redis.call('GET', owner) == USER then
      redis.call('DEL', owner)
    end
    return -1, 0, 0
  end
  return arrive(CHANNEL, {
    { id = ID, room = room, at = at, content = content, expires_at = expires_at == '-' and '' or expires_at },
  })
end

local is_done, offset, taken, queued = pcall(release)
if is_snoozed(stored) and (is_done or not refuses_all(reason_of(offset))) then
  redis.pcall('ZREM', KEYS[12], ID)
end
if is_done then
  take_bytes(SCHEDULED_BYTES, SITE .. '\n' .. USER_ID, stored)
  return { offset, taken, queued, table.concat(dropped_with_files, '\n') }
end
local reason = reason_of(offset)
if refuses_all(reason) then
  put_back(due)
  return redis.error_reply(reason)
end
-- Nothing else of it stays: its sender may send it again under the same id.
redis.call('DEL', PREFIX .. 'inbox-id:{' .. USER .. '}:' .. ID)
if redis.pcall('GET', PREFIX .. 'owner:' .. ID) == USER then
  redis.call('DEL', PREFIX .. 'owner:' .. ID)
end
local kept = redis.pcall('XADD', REFUSED, 'MAXLEN', '~', MOST_REFUSED, '*',
  'reason', reason, 'scheduled', ID, 'site', SITE, 'user_id', USER_ID, 'stored', stored)
if type(kept) ~= 'table' or not kept.err then
  take_bytes(SCHEDULED_BYTES, SITE .. '\n' .. USER_ID, stored)
else
  put_back(NOW + 3600000) -- it cannot be kept there either: it is tried again in an hour
end
return { -2, 0, reason }
