-- What was spent. sequence is that of the spending's event, so (identity, sequence) is also the order in which an
-- identity's spendings committed.
CREATE TABLE obt_spending (
  id         BIGINT NOT NULL AUTO_INCREMENT,
  identity   VARCHAR(64) NOT NULL,
  sequence   BIGINT NOT NULL,
  event_id   CHAR(36) CHARACTER SET ascii NOT NULL,
  name       VARCHAR(100) NOT NULL,
  surname    VARCHAR(100) NOT NULL,
  amount     DECIMAL(20, 2) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY obt_spending_sequence (identity, sequence)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- Which spending answers a request that comes again. digest is of the request's fields.
CREATE TABLE obt_spending_key (
  idempotency_key VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  digest          BINARY(32) NOT NULL,
  spending_id     BIGINT NOT NULL,
  created_at      DATETIME(6) NOT NULL,
  PRIMARY KEY (idempotency_key),
  KEY obt_spending_key_age (created_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
