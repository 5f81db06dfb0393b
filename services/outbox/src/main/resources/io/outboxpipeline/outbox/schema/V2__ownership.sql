-- Which relay owns which partition of the slots.

-- The fence: each new owner raises the epoch before it reads, each delete checks it. It is always in this database,
-- wherever the leases are.
CREATE TABLE obt_partition (
  partition_no SMALLINT UNSIGNED NOT NULL,
  first_slot   TINYINT UNSIGNED NOT NULL,
  last_slot    TINYINT UNSIGNED NOT NULL,
  epoch        BIGINT UNSIGNED NOT NULL,
  owner        VARCHAR(255) NULL,
  claimed_at   TIMESTAMP(6) NULL,
  PRIMARY KEY (partition_no)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- One heartbeat per relay. version changes with every write and is never used again; renewed_at is for people.
CREATE TABLE obt_member (
  member_id   VARCHAR(255) NOT NULL,
  incarnation VARCHAR(64) NOT NULL,
  renewals    BIGINT UNSIGNED NOT NULL,
  state       ENUM ('LIVE', 'LEAVING', 'SEIZED') NOT NULL,
  version     BIGINT NOT NULL,
  renewed_at  TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (member_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};

-- One lease per partition, written only when its holder or its target changes.
CREATE TABLE obt_lease (
  partition_no SMALLINT UNSIGNED NOT NULL,
  holder       VARCHAR(255) NULL,
  target       VARCHAR(255) NULL,
  epoch        BIGINT UNSIGNED NOT NULL,
  version      BIGINT NOT NULL,
  changed_at   TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (partition_no)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${collation};
