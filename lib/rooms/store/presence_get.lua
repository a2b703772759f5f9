-- Reads entries of connection hashes. Where one is no hash, its error is its answer, so that the others are answered. An
-- entry with no client behind it, which somebody else left, is answered with ''.
-- KEYS: the hash of each entry, then the hash of the clients of each entry's user
-- ARGV: the user field of each entry
local entries = {}
for i, field in ipairs(ARGV) do
  entries[i] = redis.pcall('HGET', KEYS[i], field)
  if type(entries[i]) == 'string' and redis.call('EXISTS', KEYS[#ARGV + i]) == 0 then
    entries[i] = ''
  end
end
return entries
