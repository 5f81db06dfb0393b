-- The outbox. ${collation} compares text exactly and does not pad it with spaces; it has another name in MySQL
-- than in MariaDB.

-- One row per aggregate. Its writer holds the row's lock until it commits, so that within an aggregate
-- sequence order = id order = commit order.
CREATE TABLE obt_aggregate (
  aggregate_type VARCHAR(64) NOT NULL,
  aggregate_id   VARCHAR(255) NOT NULL,
  last_sequence  BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (aggregate_type, aggregate_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- One row per event that is not yet known to be sent. Clustered by slot, so that a relay reads and deletes in ranges
-- of its own; the key on id finds what is new in all slots at once. The checks keep writers in other languages honest:
-- an aggregate in two slots would lose its order.
CREATE TABLE obt (
  slot           TINYINT UNSIGNED NOT NULL,
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  aggregate_type VARCHAR(64) NOT NULL,
  aggregate_id   VARCHAR(255) NOT NULL,
  sequence       BIGINT UNSIGNED NOT NULL,
  event_id       CHAR(36) CHARACTER SET ascii NOT NULL,
  event_type     VARCHAR(255) NOT NULL,
  content_type   VARCHAR(127) NOT NULL,
  payload        MEDIUMBLOB NOT NULL,
  headers        TEXT NULL,
  created_at     TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (slot, id),
  KEY obt_id (id),
  CONSTRAINT obt_slot CHECK (slot = CRC32(CONCAT(aggregate_type, CHAR(0), aggregate_id)) & 255),
  CONSTRAINT obt_event CHECK (sequence > 0 AND aggregate_type <> '' AND aggregate_id <> '' AND event_type <> '')
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- Events that can never be sent, each holding back what follows in its aggregate. One that was discarded stays here,
-- with its payload, while a tombstone goes out in its place.
CREATE TABLE obt_quarantine (
  event_id       CHAR(36) CHARACTER SET ascii NOT NULL,
  slot           TINYINT UNSIGNED NOT NULL,
  id             BIGINT UNSIGNED NOT NULL,
  aggregate_type VARCHAR(64) NOT NULL,
  aggregate_id   VARCHAR(255) NOT NULL,
  sequence       BIGINT UNSIGNED NOT NULL,
  event_type     VARCHAR(255) NOT NULL,
  reason         VARCHAR(1000) NOT NULL,
  state          ENUM ('held', 'retry', 'discarded') NOT NULL,
  since          TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  content_type   VARCHAR(127) NULL,
  payload        MEDIUMBLOB NULL,
  headers        TEXT NULL,
  PRIMARY KEY (event_id),
  KEY obt_quarantine_state (state, slot)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
