-- Whom a user has as a contact, or has blocked. A row is there while it is one of the two.
CREATE TABLE contacts (
  site TEXT NOT NULL,
  owner TEXT NOT NULL, -- whose contact it is
  contact TEXT NOT NULL, -- who it is
  name TEXT, -- what the owner calls the contact; NULL: as the contact calls itself
  is_contact BIGINT NOT NULL, -- 0: only blocked
  blocked BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (site, owner, contact)
);
CREATE INDEX contacts_by_contact ON contacts (site, contact, owner);
-- What users show of themselves. Who has no row shows all.
CREATE TABLE contact_privacy (
  site TEXT NOT NULL,
  owner TEXT NOT NULL,
  read_receipts BIGINT NOT NULL,
  show_online BIGINT NOT NULL,
  show_last_seen BIGINT NOT NULL,
  PRIMARY KEY (site, owner)
);
