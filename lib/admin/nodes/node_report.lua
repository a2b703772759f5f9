-- Keeps what a node says of itself, with the time of Redis, by which all nodes are compared.
-- KEYS: hash of the nodes' last reports ("time report"), stream of this node's history
-- ARGV: the node's id, the report, a point of its history or nothing, most points, seconds that a history is kept, after how many
--   milliseconds a silent node is forgotten
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f ', now) .. ARGV[2])
if ARGV[3] == '' then
  return
end
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[4], '*', 'point', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[5])
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at = tonumber(string.match(all[i + 1], '^%d+')) or 0
  if now - at > tonumber(ARGV[6]) then
    redis.call('HDEL', KEYS[1], all[i])
  end
end
