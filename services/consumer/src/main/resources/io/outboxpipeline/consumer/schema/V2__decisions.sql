-- What people decided about aggregates that stood still. decided_at is in UTC, token the name of the one that was sent.
CREATE TABLE consumer_decision (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  decided_at     DATETIME(6) NOT NULL,
  decision       VARCHAR(16) NOT NULL,
  source         VARCHAR(255) NOT NULL,
  aggregate_type VARCHAR(64) NOT NULL,
  aggregate_id   VARCHAR(255) NOT NULL,
  sequence       BIGINT UNSIGNED NOT NULL,
  token          VARCHAR(64) NOT NULL,
  address        VARCHAR(255) NOT NULL,
  why            VARCHAR(500) NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
