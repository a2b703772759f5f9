-- This text stands, after inbox_arrival.lua, before each script that puts notifications into the schedule.
-- Whether so many bytes more would be too much for the user of the open inbox.
local function is_too_much(site, bytes)
  return MOST_BYTES > 0
    and tonumber(redis.call('HGET', SCHEDULED_BYTES, site .. '\n' .. USER) or 0) + bytes > MOST_BYTES
end

-- Puts a notification of the open inbox's user into the schedule.
local function put_for_later(site, id, due, expires_at, at, room, content)
  -- Notifications of one time are released in the order of their names, so a name begins with the time of acceptance.
  local accepted = string.format('%016d', time[1] * 1000000 + time[2])
  local name = scheduled_id(site, id)
  redis.call('ZADD', SCHEDULED, due, accepted .. '\n' .. name)
  redis.call('HSET', SCHEDULED_CONTENTS, name,
    accepted .. ' ' .. due .. ' ' .. (expires_at == '' and '-' or expires_at) .. ' ' .. at .. ' ' .. room
    .. '\n' .. content)
  local user = site .. '\n' .. USER
  redis.call('HSET', SCHEDULED_BYTES, user,
    tonumber(redis.call('HGET', SCHEDULED_BYTES, user) or 0) + #content + EACH_BYTES)
  redis.call('SET', PREFIX .. 'owner:' .. id, USER)
end
