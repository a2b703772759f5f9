-- Of which group what is pushed is: it is closed by that, also once the notification itself is gone. Empty for none.
ALTER TABLE push_sends ADD COLUMN of_group TEXT NOT NULL DEFAULT '';
