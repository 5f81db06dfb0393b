package io.outboxpipeline.spring.boot;

import javax.sql.DataSource;

/** Which of the application's databases has the outbox. */
public record OutboxDatabase(DataSource dataSource) {}
