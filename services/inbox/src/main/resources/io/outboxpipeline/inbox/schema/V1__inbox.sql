-- What a consumer knows of each aggregate that it receives. ${collation} compares text exactly and does not pad it with
-- spaces; it has another name in MySQL than in MariaDB.

-- One row per aggregate of each outbox. Who applies its events holds the row's lock until they commit.
CREATE TABLE inbox (
  source         VARCHAR(255) NOT NULL,
  aggregate_type VARCHAR(64) NOT NULL,
  aggregate_id   VARCHAR(255) NOT NULL,
  last_sequence  BIGINT UNSIGNED NOT NULL,
  -- Since when events in inbox_parked wait for number last_sequence + 1; NULL if none do.
  waiting_since  TIMESTAMP(6) NULL,
  -- Whether number last_sequence + 1 is in inbox_parked itself, because the handler rejected it.
  rejected       BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (source, aggregate_type, aggregate_id),
  KEY inbox_waiting (waiting_since)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- Events that came before their turn, whole, and the rejected ones that they wait for.
CREATE TABLE inbox_parked (
  source         VARCHAR(255) NOT NULL,
  aggregate_type VARCHAR(64) NOT NULL,
  aggregate_id   VARCHAR(255) NOT NULL,
  sequence       BIGINT UNSIGNED NOT NULL,
  event_id       CHAR(36) CHARACTER SET ascii NOT NULL,
  event_type     VARCHAR(255) NOT NULL,
  event_time     DATETIME(6) NOT NULL,
  content_type   VARCHAR(127) NOT NULL,
  payload        MEDIUMBLOB NOT NULL,
  headers        MEDIUMTEXT NULL,
  parked_at      TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  -- Why the handler rejected it; NULL if it only waits.
  reason         VARCHAR(1000) NULL,
  PRIMARY KEY (source, aggregate_type, aggregate_id, sequence)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
