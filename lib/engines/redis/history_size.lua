-- Counts what a part of a channel's history takes: the texts of each entry, and 100 bytes for all else.
-- KEYS: history stream
-- ARGV: offset after which to begin, most entries
-- Returns the bytes, and the offset of the last entry that was counted (nothing if there was none).
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
local bytes = 0
for _, entry in ipairs(entries) do
  bytes = bytes + 100
  for _, text in ipairs(entry[2]) do
    bytes = bytes + #text
  end
end
return { bytes, #entries > 0 and tonumber(string.match(entries[#entries][1], '^%d+')) or nil }
