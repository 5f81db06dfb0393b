-- The rights that each program needs, and no more, for MySQL 8.4 and 9 and for MariaDB. Replace the passwords, the hosts ('%'), and
-- the names of the two databases: `outbox`, where events are written, and `inbox`, where they are applied. GrantsIT runs each
-- program as its user. Grants on single tables want the tables to be there: run the part of the migrators, let them migrate
-- (MIGRATE=only), then run the rest.

-- 1. Migrators. They alone change tables.

CREATE USER 'outbox_migrator'@'%' IDENTIFIED BY 'change-me';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON `outbox`.* TO 'outbox_migrator'@'%';

CREATE USER 'inbox_migrator'@'%' IDENTIFIED BY 'change-me';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON `inbox`.* TO 'inbox_migrator'@'%';

-- 2. A service that writes events: these two tables, beside its own.

CREATE USER 'outbox_writer'@'%' IDENTIFIED BY 'change-me';
-- SELECT and DELETE take an append back that failed.
GRANT SELECT, INSERT, DELETE ON `outbox`.`obt` TO 'outbox_writer'@'%';
GRANT SELECT, INSERT, UPDATE ON `outbox`.`obt_aggregate` TO 'outbox_writer'@'%';
-- The worked example's own tables.
GRANT SELECT, INSERT ON `outbox`.`obt_spending` TO 'outbox_writer'@'%';
GRANT SELECT, INSERT, DELETE ON `outbox`.`obt_spending_key` TO 'outbox_writer'@'%';

-- 3. Relays.

CREATE USER 'outbox_relay'@'%' IDENTIFIED BY 'change-me';
-- UPDATE gives an event that can't be sent an id of its own, or takes its payload.
GRANT SELECT, UPDATE, DELETE ON `outbox`.`obt` TO 'outbox_relay'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `outbox`.`obt_quarantine` TO 'outbox_relay'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `outbox`.`obt_partition` TO 'outbox_relay'@'%';
GRANT SELECT ON `outbox`.`obt_source` TO 'outbox_relay'@'%';
-- What a person decided about an event that was held.
GRANT SELECT, INSERT ON `outbox`.`obt_decision` TO 'outbox_relay'@'%';
-- Decisions about many of them.
GRANT SELECT, INSERT, UPDATE ON `outbox`.`obt_job` TO 'outbox_relay'@'%';
GRANT SELECT, INSERT, UPDATE ON `outbox`.`obt_job_item` TO 'outbox_relay'@'%';
-- Only where the leases are in the database (RELAY_LEASE_STORE=database).
GRANT SELECT, INSERT, UPDATE, DELETE ON `outbox`.`obt_member` TO 'outbox_relay'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `outbox`.`obt_lease` TO 'outbox_relay'@'%';
GRANT SELECT, INSERT, UPDATE ON `outbox`.`obt_partition_count` TO 'outbox_relay'@'%';
-- Only with RELAY_WAKE_UP=binlog; it lets the user read every table's changes.
-- GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'outbox_relay'@'%';

-- 4. Consumers.

CREATE USER 'inbox_consumer'@'%' IDENTIFIED BY 'change-me';
GRANT SELECT, INSERT, UPDATE ON `inbox`.`inbox` TO 'inbox_consumer'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `inbox`.`inbox_parked` TO 'inbox_consumer'@'%';
GRANT SELECT, INSERT, UPDATE ON `inbox`.`inbox_conflict` TO 'inbox_consumer'@'%';
-- The worked example's own table.
GRANT SELECT, INSERT ON `inbox`.`obt_spending` TO 'inbox_consumer'@'%';
GRANT SELECT, INSERT ON `inbox`.`consumer_decision` TO 'inbox_consumer'@'%';
GRANT SELECT, INSERT, UPDATE ON `inbox`.`consumer_redrive` TO 'inbox_consumer'@'%';
GRANT SELECT, INSERT, UPDATE ON `inbox`.`consumer_job` TO 'inbox_consumer'@'%';
GRANT SELECT, INSERT, UPDATE ON `inbox`.`consumer_job_item` TO 'inbox_consumer'@'%';
