-- The consumer's copy of what was spent. An event that is applied twice would violate the key on its id.
CREATE TABLE obt_spending (
  id         BIGINT NOT NULL AUTO_INCREMENT,
  identity   VARCHAR(64) NOT NULL,
  sequence   BIGINT NOT NULL,
  event_id   CHAR(36) CHARACTER SET ascii NOT NULL,
  name       VARCHAR(100) NOT NULL,
  surname    VARCHAR(100) NOT NULL,
  amount     DECIMAL(20, 2) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  applied_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY obt_spending_event (event_id),
  KEY obt_spending_sequence (identity, sequence)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
