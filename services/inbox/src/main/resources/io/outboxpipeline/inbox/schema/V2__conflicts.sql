-- Numbers that were given out twice, and times without a zone. Consumers of the previous release go on meanwhile: they
-- write last_sequence and waiting_since alone, so what is new here says of which number it speaks.

ALTER TABLE inbox
  -- Which event had number known_sequence, and the newest time of any event up to it. Both count only while
  -- known_sequence is last_sequence.
  ADD COLUMN known_sequence BIGINT UNSIGNED NULL,
  ADD COLUMN known_event_id CHAR(36) CHARACTER SET ascii NULL,
  ADD COLUMN newest_time    DATETIME(6) NULL,
  -- What waiting_since says, in UTC: a TIMESTAMP passes through the session's zone, where an hour can come twice.
  ADD COLUMN waiting_from   DATETIME(6) NULL,
  -- How many events of inbox_conflict are open; the chain stands still meanwhile.
  ADD COLUMN conflicts      INT UNSIGNED NOT NULL DEFAULT 0;

-- Events whose number another event of the chain had before, whole. Decided ones stay, so that they are known when they
-- are delivered again.
CREATE TABLE inbox_conflict (
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
  reason         VARCHAR(1000) NOT NULL,
  state          ENUM ('open', 'applied', 'discarded') NOT NULL,
  found_at       DATETIME(6) NOT NULL,
  PRIMARY KEY (source, aggregate_type, aggregate_id, sequence, event_id),
  KEY inbox_conflict_state (state, found_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
