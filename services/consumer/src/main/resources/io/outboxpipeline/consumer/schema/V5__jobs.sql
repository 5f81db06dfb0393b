-- Decisions about many events that consumers carry out one after the other. Whichever consumer has the lease works on the oldest that runs.
-- Times are in UTC, token the name of the one that was sent.
CREATE TABLE consumer_job (
  id          CHAR(36) CHARACTER SET ascii NOT NULL,
  asked_at    DATETIME(6) NOT NULL,
  action      VARCHAR(16) CHARACTER SET ascii NOT NULL,
  state       VARCHAR(16) CHARACTER SET ascii NOT NULL,
  total       INT NOT NULL,
  per_second  INT NOT NULL,
  trouble     VARCHAR(500) NOT NULL,
  token       VARCHAR(64) NOT NULL,
  address     VARCHAR(255) NOT NULL,
  why         VARCHAR(500) NOT NULL,
  worker      VARCHAR(64) CHARACTER SET ascii NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  ended_at    DATETIME(6) NULL,
  PRIMARY KEY (id),
  KEY consumer_job_state (state, asked_at),
  KEY consumer_job_asked (asked_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- The events of a job, all of them from its beginning, each waiting, done, gone, again (it failed again) or failed.
CREATE TABLE consumer_job_item (
  job            CHAR(36) CHARACTER SET ascii NOT NULL,
  item           INT NOT NULL,
  state          VARCHAR(16) CHARACTER SET ascii NOT NULL,
  category       VARCHAR(16) CHARACTER SET ascii NOT NULL,
  source         VARCHAR(255) NOT NULL,
  aggregate_type VARCHAR(64) NOT NULL,
  aggregate_id   VARCHAR(255) NOT NULL,
  sequence       BIGINT UNSIGNED NOT NULL,
  event_id       VARCHAR(255) NOT NULL,
  trouble        VARCHAR(500) NOT NULL,
  PRIMARY KEY (job, item),
  KEY consumer_job_item_state (job, state, item)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
