-- What the client said of an upload, which it is told again when it asks how far the upload is.
ALTER TABLE files ADD COLUMN metadata TEXT;
