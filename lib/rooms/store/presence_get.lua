-- Reads entries of connection hashes; of one that is no hash, the error, so that the others are answered.
-- KEYS: the hash of each
-- ARGV: the user field of each
local entries = {}
for i, hash in ipairs(KEYS) do
  entries[i] = redis.pcall('HGET', hash, ARGV[i])
end
return entries
