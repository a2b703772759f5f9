-- Put, after inbox.lua, before each script that takes a notification in: how it comes into its inbox, at once or from
-- the schedule.
-- KEYS (after the inbox's): id that a caller made, owner of the id, schedule, frames of the schedule
-- ARGV: id, user, "site\nuser\nid", most notifications (0: any), milliseconds one is kept (0: for ever), epoch to
--   take if there is none, pub/sub channel
local CALLERS_ID, OWNER, SCHEDULED, SCHEDULED_FRAMES = KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local ID, USER, SCHEDULED_ID = ARGV[1], ARGV[2], ARGV[3]

-- Says whether an id that a caller made is new; it is known from now on, for so many seconds.
local function take_id(seconds)
  if redis.call('HEXISTS', FRAMES, ID) == 1 or redis.call('HEXISTS', SCHEDULED_FRAMES, SCHEDULED_ID) == 1 then
    return false
  end
  return redis.call('SET', CALLERS_ID, 1, 'NX', 'EX', seconds) ~= false
end

-- Stores a notification, drops what is too much or too old, and fans out what has not expired on its way here.
-- `expires_at` is '' for never.
-- Returns offset, how many were dropped that a client had got, how many that none had.
local function arrive(room, frame, expires_at)
  redis.call('HSETNX', POSITION, 'epoch', ARGV[6])
  local offset = redis.call('HINCRBY', POSITION, 'offset', 1)
  frame = '{"offset":' .. offset .. ',' .. string.sub(frame, 2)
  redis.call('HSET', FRAMES, ID, room .. '\n' .. frame)
  set_times(ID, { string.format('%d', NOW), '', '', '', '' })
  redis.call('ZADD', ORDER, offset, ID)
  redis.call('ZADD', QUEUED, offset, ID)
  redis.call('ZADD', UNREAD, offset, ID)
  redis.call('SET', OWNER, USER)
  if expires_at ~= '' then
    redis.call('ZADD', EXPIRIES, expires_at, ID)
  end

  local dropped_taken, dropped_queued = 0, 0
  local function drop(old)
    local unread_at = redis.call('ZSCORE', UNREAD, old)
    if unread_at then
      local highest = tonumber(redis.call('HGET', POSITION, 'dropped') or 0)
      redis.call('HSET', POSITION, 'dropped', math.max(highest, tonumber(unread_at)))
    end
    if redis.call('ZSCORE', QUEUED, old) then
      dropped_queued = dropped_queued + 1
    else
      dropped_taken = dropped_taken + 1
    end
    remove(old)
  end

  local kept_ms = tonumber(ARGV[5])
  if kept_ms > 0 then
    for _, old in ipairs(redis.call('ZRANGE', ORDER, 0, 99)) do
      local times = times_of(old)
      if not times or tonumber(times[ACCEPTED]) > NOW - kept_ms then
        break
      end
      drop(old)
    end
    for i = 1, 10 do
      if i ~= 9 then
        redis.call('PEXPIRE', KEYS[i], kept_ms)
      end
    end
  end

  local size = tonumber(ARGV[4])
  while size > 0 and redis.call('ZCARD', ORDER) > size do
    local oldest = redis.call('ZRANGE', DONE, 0, 0)[1] or redis.call('ZRANGE', ORDER, 0, 0)[1]
    drop(oldest)
  end

  if expires_at == '' or tonumber(expires_at) > NOW then
    local epoch = redis.call('HGET', POSITION, 'epoch')
    redis.call('PUBLISH', ARGV[7], 'notification ' .. offset .. ' ' .. epoch .. ' ' .. ID .. ' ' .. room .. '\n' .. frame)
  end
  return { offset, dropped_taken, dropped_queued }
end
