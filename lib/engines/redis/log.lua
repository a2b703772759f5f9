-- Appends one entry to logs, in one step.
-- KEYS: their streams
-- ARGV: names and values in turn
for _, stream in ipairs(KEYS) do
  redis.call('XADD', stream, '*', unpack(ARGV))
end
