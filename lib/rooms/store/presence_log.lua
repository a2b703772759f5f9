-- Stands before presence.lua: notes a change in logs, each a stream, in one step with it.
-- KEYS: from 8 on, the streams of users who come and leave, then those of rooms that are occupied and vacated
-- ARGV: from 13 on, id of the change, site, Unix time in seconds, data in JSON, how many streams are of users

-- A log that another program has broken keeps nobody from coming and going.
local function note(stream, event, id, ...)
  redis.pcall('XADD', stream, '*', 'event', event, 'id', id, 'site', ARGV[14], 'room', ARGV[12],
    'at', ARGV[15], ...)
end

local function note_user(kind)
  for i = 8, 7 + tonumber(ARGV[17]) do
    note(KEYS[i], 'room.' .. kind, ARGV[13], 'user_id', ARGV[1], 'data', ARGV[16])
  end
end

local function note_room(kind)
  for i = 8 + tonumber(ARGV[17]), #KEYS do
    note(KEYS[i], 'room.' .. kind, ARGV[13] .. '-room', 'data', '{}')
  end
end

-- A room is occupied before the first user has come there, and vacated after the last one has left.
local function note_change(kind, users)
  if kind == 'join' and users == 1 then
    note_room('occupied')
  end
  note_user(kind)
  if kind == 'leave' and users == 0 then
    note_room('vacated')
  end
end
