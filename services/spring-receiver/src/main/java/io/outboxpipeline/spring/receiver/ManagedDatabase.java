package io.outboxpipeline.spring.receiver;

import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * The DataSource to which a manager binds its transactions' connections: the object itself, because
 * a wrapper around it would give another connection.
 */
final class ManagedDatabase {
  private static final boolean JPA =
      ClassUtils.isPresent(
          "org.springframework.orm.jpa.JpaTransactionManager",
          ManagedDatabase.class.getClassLoader());

  private ManagedDatabase() {}

  static DataSource of(PlatformTransactionManager manager) {
    if (manager instanceof ResourceTransactionManager r
        && r.getResourceFactory() instanceof DataSource database) {
      return database;
    }
    DataSource database = JPA ? Jpa.of(manager) : null;
    if (database == null) {
      throw new IllegalArgumentException(
          manager.getClass().getName()
              + " binds no JDBC connection: the receiver needs the transaction manager of JDBC or of JPA");
    }
    return database;
  }

  /** Loaded only where JPA is there. */
  private static final class Jpa {
    static @Nullable DataSource of(PlatformTransactionManager manager) {
      return manager instanceof JpaTransactionManager jpa ? jpa.getDataSource() : null;
    }
  }
}
