-- The name under which this outbox's events are sent if a relay's settings give none. It is another one in each
-- database, because consumers tell outboxes apart by it, and stays for ever. NULL: a pipeline that was there before this
-- table goes on with the name that its relay made of the database's name.
CREATE TABLE obt_source (
  id     TINYINT UNSIGNED NOT NULL,
  source VARCHAR(255) NULL,
  PRIMARY KEY (id),
  CONSTRAINT obt_source_one CHECK (id = 1)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- It was there before if it has written an event, or if a relay has owned a partition for longer than a first start takes.
INSERT INTO obt_source (id, source)
SELECT 1, IF(EXISTS (SELECT 1 FROM obt_aggregate)
               OR EXISTS (SELECT 1 FROM obt_partition WHERE claimed_at < CURRENT_TIMESTAMP(6) - INTERVAL 5 MINUTE),
             NULL, CONCAT('/outbox/', UUID()));
