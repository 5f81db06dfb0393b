package io.outboxpipeline.testkit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * A data source that tells what it is going to be asked: to hold a query or a commit up, or let it
 * fail. Thread-safe if the watch is.
 */
public final class WatchedSource {

  /** Hears of each query, and of {@link #COMMIT}, before it runs, in its thread. */
  public interface Watch {
    void before(String sql) throws SQLException, InterruptedException;
  }

  public static final String COMMIT = "COMMIT";

  private WatchedSource() {}

  public static DataSource of(DataSource source, Watch watch) {
    return proxy(DataSource.class, (_, _) -> connection(source.getConnection(), watch));
  }

  private static Connection connection(Connection c, Watch watch) {
    return proxy(
        Connection.class,
        (method, arguments) -> {
          if (method.getName().equals("prepareStatement")) {
            watch.before((String) arguments[0]);
          } else if (method.getName().equals("commit")) {
            watch.before(COMMIT);
          }
          Object result = invoke(c, method, arguments);
          return method.getName().equals("createStatement")
              ? statement((Statement) result, watch)
              : result;
        });
  }

  private static Statement statement(Statement s, Watch watch) {
    return proxy(
        Statement.class,
        (method, arguments) -> {
          if (method.getName().equals("executeQuery")) {
            watch.before((String) arguments[0]);
          }
          return invoke(s, method, arguments);
        });
  }

  private interface Handler {
    Object invoke(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Handler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            WatchedSource.class.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> handler.invoke(method, arguments)));
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw Objects.requireNonNull(e.getCause());
    }
  }
}
