-- What people decided about events in quarantine. decided_at is in UTC, token the name of the one that was sent.
CREATE TABLE obt_decision (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  decided_at DATETIME(6) NOT NULL,
  decision   VARCHAR(16) NOT NULL,
  event_id   VARCHAR(255) NOT NULL,
  token      VARCHAR(64) NOT NULL,
  address    VARCHAR(255) NOT NULL,
  why        VARCHAR(500) NOT NULL,
  PRIMARY KEY (id),
  KEY obt_decision_event (event_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
