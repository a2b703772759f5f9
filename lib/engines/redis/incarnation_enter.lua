-- Says which incarnation of Redis this is.
-- KEYS: hash of the incarnation
-- Returns its number.
return number_of_incarnation(KEYS[1])
