-- Stores a notification for later.
-- KEYS (after an arrival's): lock and progress of a way in
-- ARGV (after an arrival's): room, frame, Unix time in milliseconds it expires ('' for never), 1 if a caller made the
--   id, who must hold the lock ('' for nobody), the progress, Unix time in milliseconds it is due, 1 if the
--   frame gets a timestamp when it is
-- Returns 1, 0 if the caller's id was known, -1 if another holds the lock.
if ARGV[12] ~= '' and not claim_turn(KEYS[13], KEYS[14], ARGV[12], ARGV[13]) then
  return -1
end
local due = tonumber(ARGV[14])
local seconds = math.max(0, math.ceil((due - NOW) / 1000))
if ARGV[11] == '1' and not take_id(seconds + CALLERS_ID_SECONDS) then
  return 0
end
-- Those of one time are released in the order of their names: it begins with the time of acceptance.
local accepted = string.format('%016d', time[1] * 1000000 + time[2])
redis.call('ZADD', SCHEDULED, due, accepted .. '\n' .. SCHEDULED_ID)
redis.call('HSET', SCHEDULED_FRAMES, SCHEDULED_ID,
  accepted .. ' ' .. ARGV[14] .. ' ' .. (ARGV[10] == '' and '-' or ARGV[10]) .. ' ' .. ARGV[15] .. ' ' .. ARGV[8]
  .. '\n' .. ARGV[9])
redis.call('SET', OWNER, USER)
return 1
