-- This text stands before each script that takes notifications out of the schedule.
-- Notes that so much less is scheduled for a user (`schedule_add.lua`). What an older version scheduled was not counted.
local function take_bytes(hash, user, stored)
  local content = string.match(stored, '^[^\n]*\n(.*)$') or ''
  local left = tonumber(redis.pcall('HGET', hash, user) or 0)
  if not left then
    return
  end
  left = left - #content - 200 -- as `EACH_BYTES` of inbox.lua
  if left > 0 then
    redis.pcall('HSET', hash, user, left) -- a Redis that is full may refuse it
  else
    redis.pcall('HDEL', hash, user)
  end
end

-- Whether a notification that was scheduled is one that its user has snoozed. What a caller put into `data` may look the same.
local function is_snoozed(stored)
  return string.find(stored, '"snoozed_at":', 1, true) ~= nil
end
