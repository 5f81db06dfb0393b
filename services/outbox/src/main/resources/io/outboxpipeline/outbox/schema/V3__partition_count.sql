-- Changing the number of partitions while relays run, and what relays say of themselves.

-- How many partitions there shall be: one row, or none yet. Relays drain, lay obt_partition anew, and go on with it.
CREATE TABLE obt_partition_count (
  id      TINYINT UNSIGNED NOT NULL,
  wanted  SMALLINT UNSIGNED NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT obt_partition_count_range CHECK (id = 1 AND wanted BETWEEN 1 AND 256)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- partitions: with how many it works, 0 while it owns nothing and takes nothing. UNABLE: it can't reach the base
-- database. report: name=value&…, URL-encoded.
ALTER TABLE obt_member
  ADD COLUMN partitions SMALLINT UNSIGNED NOT NULL DEFAULT 0 AFTER state,
  ADD COLUMN report TEXT NULL AFTER partitions,
  MODIFY COLUMN state ENUM ('LIVE', 'LEAVING', 'SEIZED', 'UNABLE') NOT NULL;
