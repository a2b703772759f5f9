-- Reads notifications of an inbox, and its position.
-- ARGV: queued | unread | since | before | id, its argument (room, offset or id), most notifications (0: all),
--   1 to read archived ones too, epoch to take if there is none ('' where none is needed), milliseconds that the epoch is
--   kept while nothing comes
-- Returns offset, epoch, highest dropped offset, how many are unread, then id, offset, what is stored, and times of each.
open_inbox(1)
-- HSETNX is called only where it will write: a Redis whose memory is full refuses the command either way.
local is_new = ARGV[5] ~= '' and redis.call('HEXISTS', POSITION, 'epoch') == 0
if is_new and redis.call('HSETNX', POSITION, 'epoch', ARGV[5]) == 1 then
  redis.call('PEXPIRE', POSITION, ARGV[6])
end
local ids
if ARGV[1] == 'queued' then
  ids = redis.call('ZRANGE', QUEUED, 0, -1)
elseif ARGV[1] == 'unread' then
  ids = redis.call('ZRANGEBYSCORE', UNREAD, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'since' then
  ids = redis.call('ZRANGEBYSCORE', ORDER, '(' .. ARGV[2], '+inf')
elseif ARGV[1] == 'before' then
  ids = redis.call('ZREVRANGEBYSCORE', ORDER, '(' .. ARGV[2], '-inf')
else
  ids = { ARGV[2] }
end

local limit = tonumber(ARGV[3])
local position = redis.call('HMGET', POSITION, 'offset', 'epoch', 'dropped')
local found = { tonumber(position[1] or 0), position[2] or '', tonumber(position[3] or 0), redis.call('ZCARD', UNREAD) }
local count = 0
for _, id in ipairs(ids) do
  local stored = redis.call('HGET', CONTENTS, id)
  if stored and ARGV[1] == 'queued' and room_of(stored) ~= ARGV[2] then
    stored = nil
  end
  local times = stored and times_of(id)
  if times and (times[ARCHIVED] == '' or ARGV[4] == '1') then
    table.insert(found, id)
    table.insert(found, tonumber(redis.call('ZSCORE', ORDER, id)))
    table.insert(found, stored)
    table.insert(found, table.concat(times, ','))
    count = count + 1
    if count == limit then
      break
    end
  end
end
return found
