-- Puts a notification into its inbox.
-- KEYS (after an arrival's): lock and progress of a way in
-- ARGV (after an arrival's): room, frame, Unix time in milliseconds it expires ('' for never), 1 if a caller made the
--   id, who must hold the lock ('' for nobody), the progress
-- Returns offset (0: the caller's id was known; -1: another holds the lock), how many were dropped that a client had
--   got, how many that none had.
if ARGV[12] ~= '' and not claim_turn(KEYS[13], KEYS[14], ARGV[12], ARGV[13]) then
  return { -1, 0, 0 }
end
if ARGV[11] == '1' and not take_id(CALLERS_ID_SECONDS) then
  return { 0, 0, 0 }
end
return arrive(ARGV[8], ARGV[9], ARGV[10])
