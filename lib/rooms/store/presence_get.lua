-- Reads entries of connection hashes. Where one is no hash, its error is its answer, so that the others are answered.
-- KEYS: the hash of each entry
-- ARGV: the user field of each entry
local entries = {}
for i, hash in ipairs(KEYS) do
  entries[i] = redis.pcall('HGET', hash, ARGV[i])
end
return entries
