-- Appends to a channel's history, then fans out. Entry ids are "offset-0".
-- KEYS: history stream, position hash, id that a user's client made, the same id without its user (before version 0.3),
--   streams of the logs that get an entry with it
-- ARGV: pub/sub channel, kind, id, Unix time in seconds, content, history size, history seconds, origin of an epoch
--   (epoch.lua), seconds a client's id is known (0: the id is not a client's), seconds the position is kept, the user,
--   names and values of the entry in turn
-- Returns offset, epoch, 1 if the client's id was known.

-- Whether what is at a position in the history was published by this user under this id. Where it is gone nobody can tell:
-- then the id is whoever's, as it was, for the minutes that it is known.
local function is_own(known)
  local place = string.match(known, '^%d+') .. '-0'
  local entry = redis.call('XRANGE', KEYS[1], place, place)[1]
  local fields = {}
  for i = 1, entry and #entry[2] or 0, 2 do
    fields[entry[2][i]] = entry[2][i + 1]
  end
  if fields.id ~= ARGV[3] then
    return true
  end
  local is_read, said = pcall(cjson.decode, fields.content or fields.text or '')
  if not is_read or type(said) ~= 'table' then
    return false
  end
  local user = said.user_id -- version 0.1 stored a frame, as `text`
  if type(user) == 'number' then
    user = string.format('%.0f', user)
  end
  return (type(said.from) == 'table' and said.from.user or user) == ARGV[11]
end

-- Whether the channel has, or had, this epoch. Where its history was dropped, what was published before is forgotten.
local function is_known(epoch)
  local stored = redis.call('HMGET', KEYS[2], 'epoch', 'past')
  return stored[1] == epoch or string.find(' ' .. (stored[2] or ''), ' ' .. epoch .. ' ', 1, true)
end

if ARGV[9] ~= '0' then
  local known = redis.call('GET', KEYS[3])
  local before = not known and redis.call('GET', KEYS[4])
  if before and is_own(before) then
    known = before
  end
  local offset, epoch = string.match(known or '', '^(%d+) (.*)$')
  if epoch and is_known(epoch) then
    return { tonumber(offset), epoch, 1 }
  end
end
local epoch = epoch_of(KEYS[2], ARGV[8])
local offset = redis.call('HINCRBY', KEYS[2], 'offset', 1)
if ARGV[9] ~= '0' then
  redis.call('SET', KEYS[3], offset .. ' ' .. epoch, 'EX', ARGV[9])
end
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[6], offset .. '-0',
  'kind', ARGV[2], 'id', ARGV[3], 'at', ARGV[4], 'content', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('EXPIRE', KEYS[2], ARGV[10])
-- The room is empty here: the channels that have a history are rooms, and need not name one.
redis.call('PUBLISH', ARGV[1],
  ARGV[2] .. ' ' .. offset .. ' ' .. epoch .. ' ' .. ARGV[3] .. ' ' .. ARGV[4] .. ' \n' .. ARGV[5])
-- A log that another program has broken keeps nobody from speaking.
if #KEYS > 4 then
  local entry = { unpack(ARGV, 12) }
  for _, each in ipairs({ 'offset', offset, 'epoch', epoch }) do
    table.insert(entry, each)
  end
  for i = 5, #KEYS do
    redis.pcall('XADD', KEYS[i], '*', unpack(entry))
  end
end
return { offset, epoch, 0 }
