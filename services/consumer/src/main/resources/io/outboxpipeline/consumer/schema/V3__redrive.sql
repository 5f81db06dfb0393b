-- Moves of dead letters back to their queue. One is 'running' at most; whichever consumer has the lease works on it. Times are in UTC.
CREATE TABLE consumer_redrive (
  id          CHAR(36) CHARACTER SET ascii NOT NULL,
  asked_at    DATETIME(6) NOT NULL,
  state       VARCHAR(16) CHARACTER SET ascii NOT NULL,
  running     TINYINT NULL,
  total       BIGINT NOT NULL,
  per_second  INT NOT NULL,
  moved       BIGINT NOT NULL,
  again       BIGINT NOT NULL,
  failed      BIGINT NOT NULL,
  trouble     VARCHAR(500) NOT NULL,
  token       VARCHAR(64) NOT NULL,
  address     VARCHAR(255) NOT NULL,
  why         VARCHAR(500) NOT NULL,
  worker      VARCHAR(64) CHARACTER SET ascii NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  ended_at    DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY consumer_redrive_running (running),
  KEY consumer_redrive_asked (asked_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
