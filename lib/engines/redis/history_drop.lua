-- Drops the oldest entries of a channel's history, as many as take so many bytes (`history_size.lua`). The last one stays.
-- KEYS: history stream
-- ARGV: bytes, most entries
-- Returns how many entries were dropped, and their bytes.
local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[2] + 1)
local most, bytes, dropped = tonumber(ARGV[1]), 0, 0
while bytes < most and dropped < #entries - 1 do
  dropped = dropped + 1
  bytes = bytes + 100
  for _, text in ipairs(entries[dropped][2]) do
    bytes = bytes + #text
  end
end
if dropped > 0 then
  redis.call('XTRIM', KEYS[1], 'MINID', entries[dropped + 1][1])
end
return { dropped, bytes }
