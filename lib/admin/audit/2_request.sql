-- The id of the HTTP request that did it, as the log has it, too; NULL for what no request did.
ALTER TABLE admin_audit ADD COLUMN request TEXT;
