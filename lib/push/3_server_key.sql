-- With which key of this server a browser has subscribed, in base64url; empty where that is not known, or there is none.
ALTER TABLE push_devices ADD COLUMN server_key TEXT NOT NULL DEFAULT '';
