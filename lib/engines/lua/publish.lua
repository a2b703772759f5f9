-- Appends to a channel's history, then fans out. Entry ids are "offset-0".
-- KEYS: history stream, position hash
-- ARGV: pub/sub channel, kind, id, room, text, history size, history seconds, epoch to take if there is none
-- Returns offset, epoch.
local offset = redis.call('HINCRBY', KEYS[2], 'offset', 1)
redis.call('HSETNX', KEYS[2], 'epoch', ARGV[8])
local epoch = redis.call('HGET', KEYS[2], 'epoch')
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[6], offset .. '-0',
  'kind', ARGV[2], 'id', ARGV[3], 'room', ARGV[4], 'text', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('PUBLISH', ARGV[1],
  ARGV[2] .. ' ' .. offset .. ' ' .. epoch .. ' ' .. ARGV[3] .. ' ' .. ARGV[4] .. '\n' .. ARGV[5])
return { offset, epoch }
