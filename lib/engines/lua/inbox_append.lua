-- Stores a notification, drops what is too much or too old, and fans out.
-- KEYS (after the inbox's): id that a caller made, owner of the id, lock and progress of a way in
-- ARGV: id, room, frame, 1 if a caller made the id, seconds such an id is known, most notifications (0: any),
--   milliseconds one is kept (0: for ever), Unix time in milliseconds it expires ('' for never), user,
--   epoch to take if there is none, pub/sub channel, who must hold the lock ('' for nobody), the progress
-- Returns offset (0: the caller's id was known; -1: another holds the lock), how many were dropped that a client had
--   got, how many that none had.
local id = ARGV[1]
if ARGV[12] ~= '' then
  local function place(text)
    local mark, index = string.match(text or '', '^(%d+):(%d+)$')
    return tonumber(mark or 0), tonumber(index or 0)
  end
  local holder = redis.call('GET', KEYS[11])
  if not holder then
    -- It ran out, as when Redis stood still; nobody else took it, and nobody went further.
    local mark, index = place(redis.call('GET', KEYS[12]))
    local own_mark, own_index = place(ARGV[13])
    if own_mark > mark or own_mark == mark and own_index > index then
      redis.call('SET', KEYS[11], ARGV[12], 'PX', 3000)
      holder = ARGV[12]
    end
  end
  if holder ~= ARGV[12] then
    return { -1, 0, 0 }
  end
  redis.call('SET', KEYS[12], ARGV[13])
end
if ARGV[4] == '1' and redis.call('HEXISTS', FRAMES, id) == 1 then
  return { 0, 0, 0 }
end
if ARGV[4] == '1' and not redis.call('SET', KEYS[9], 1, 'NX', 'EX', ARGV[5]) then
  return { 0, 0, 0 }
end
redis.call('HSETNX', POSITION, 'epoch', ARGV[10])
local offset = redis.call('HINCRBY', POSITION, 'offset', 1)
local frame = '{"offset":' .. offset .. ',' .. string.sub(ARGV[3], 2)
redis.call('HSET', FRAMES, id, ARGV[2] .. '\n' .. frame)
set_times(id, { string.format('%d', NOW), '', '', '', '' })
redis.call('ZADD', ORDER, offset, id)
redis.call('ZADD', QUEUED, offset, id)
redis.call('ZADD', UNREAD, offset, id)
redis.call('SET', KEYS[10], ARGV[9])
if ARGV[8] ~= '' then
  redis.call('ZADD', EXPIRIES, ARGV[8], id)
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

local kept_ms = tonumber(ARGV[7])
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

local size = tonumber(ARGV[6])
while size > 0 and redis.call('ZCARD', ORDER) > size do
  local oldest = redis.call('ZRANGE', DONE, 0, 0)[1] or redis.call('ZRANGE', ORDER, 0, 0)[1]
  drop(oldest)
end

redis.call('PUBLISH', ARGV[11], 'notification ' .. offset .. ' - ' .. id .. ' ' .. ARGV[2] .. '\n' .. frame)
return { offset, dropped_taken, dropped_queued }
