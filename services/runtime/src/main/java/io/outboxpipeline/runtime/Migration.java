package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * When a service brings its tables up to date: the setting {@code migrate}, or else the older one
 * of the service.
 */
public enum Migration {
  /** Each time that it starts. */
  ON_START,
  /** Now, and then the process ends: a migrator apart, whose user alone may change tables. */
  ONLY,
  /** Never: a migrator does it. */
  NEVER;

  private static final System.Logger LOG = System.getLogger(Migration.class.getName());
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** How long a migrator waits for a database that is not there yet. */
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private static final Set<DatabaseTrouble.Category> MAY_PASS =
      Set.of(
          DatabaseTrouble.Category.HOST_NAME,
          DatabaseTrouble.Category.UNREACHABLE,
          DatabaseTrouble.Category.READ_ONLY,
          DatabaseTrouble.Category.TOO_MANY_CONNECTIONS,
          // A server so slow that a second connection takes longer than a caller waits.
          DatabaseTrouble.Category.POOL);

  /**
   * The setting.
   *
   * @param key of the service's own setting, {@code true} or {@code false}
   */
  public static Migration read(Settings s, String key, String variable) {
    return s.choice("migrate", "MIGRATE", s.flag(key, variable, true) ? ON_START : NEVER);
  }

  /**
   * Brings tables up to date, and returns once they are. Waits some minutes for a database that is
   * not there yet.
   *
   * @throws MigrationFailed if it cannot be done, with the reason
   */
  static void run(MySqlSettings mysql, Consumer<DataSource> migrations) {
    long end = System.nanoTime() + LONGEST.toNanos();
    String told = "";
    try (var metrics = new Metrics();
        var pool = mysql.withPoolSize(2).open("migrator", true, metrics.registry())) {
      while (true) {
        try {
          migrations.accept(pool);
          LOG.log(INFO, "the tables are up to date");
          return;
        } catch (RuntimeException e) {
          DatabaseTrouble trouble = DatabaseTrouble.of(e);
          boolean mayPass = MAY_PASS.contains(trouble.category()) || trouble.isUnexplained();
          if (!mayPass || System.nanoTime() - end > 0) {
            throw new MigrationFailed(trouble, e);
          }
          if (!told.equals(trouble.toString())) {
            told = trouble.toString();
            LOG.log(WARNING, "waits for the database: {0}", told);
          }
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
