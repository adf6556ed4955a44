-- Content that is stored as what changed since other content: `base` names that one, in this table or as a file.

ALTER TABLE organism.small_value ADD COLUMN base text;
