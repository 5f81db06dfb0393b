package io.outboxpipeline.runtime;

import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * Why the database cannot be used, told to the person who mends it: the first cause, and not what a
 * pool or a migration made of it. The text of the same trouble is the same each time.
 *
 * @param reason one line, without control characters
 */
public record DatabaseTrouble(Category category, String reason) {

  /** What to look at. */
  public enum Category {
    /** The user or the password is wrong, or the account is locked or has expired. */
    CREDENTIALS("credentials"),
    /** The server has no such database. */
    DATABASE_NAME("database name"),
    /** There is no such host. */
    HOST_NAME("host name"),
    /**
     * The server's certificate is not trusted, names another host, or the authority's file fails.
     */
    CERTIFICATE("certificate"),
    /** One side wants TLS and the other has none. */
    TLS("TLS"),
    /** Nobody listens there, or nothing answers in time. */
    UNREACHABLE("unreachable"),
    /** The user lacks a right. */
    RIGHTS("rights"),
    /** The tables are not there, or are not those that this program knows. */
    SCHEMA("schema"),
    READ_ONLY("read-only"),
    /** The server has no connection left for this user. */
    TOO_MANY_CONNECTIONS("too many connections"),
    /** All connections of this process are in use. */
    POOL("pool"),
    OTHER("error");

    private final String words;

    Category(String words) {
      this.words = words;
    }
  }

  private static final String NO_CONNECTION = "no connection could be opened";
  private static final int LONGEST = 500;
  private static final int DEEPEST = 20;
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]+");
  private static final Pattern POOL = Pattern.compile(".*\\(total=(\\d+), active=.*");

  /** The trouble that an exception, or one of its causes, tells of. */
  public static DatabaseTrouble of(Throwable e) {
    List<Throwable> causes = new ArrayList<>();
    for (Throwable t = e; t != null && causes.size() < DEEPEST; t = t.getCause()) {
      causes.addFirst(t);
    }
    for (Throwable cause : causes) {
      Category category = category(cause);
      if (category != Category.OTHER) {
        return new DatabaseTrouble(category, words(category, cause, causes.getFirst()));
      }
    }
    return new DatabaseTrouble(
        Category.OTHER, words(Category.OTHER, causes.getFirst(), causes.getFirst()));
  }

  private static Category category(Throwable e) {
    return switch (e) {
      case SQLException sql -> category(sql);
      case UnknownHostException unknown -> Category.HOST_NAME;
      case SocketTimeoutException slow -> Category.UNREACHABLE;
      case SocketException refused -> Category.UNREACHABLE;
      case SSLException tls -> Category.CERTIFICATE;
      case GeneralSecurityException untrusted -> Category.CERTIFICATE;
      default -> Category.OTHER;
    };
  }

  private static Category category(SQLException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.getErrorCode()) {
      case 1045, 1698, 1251, 1820, 1862, 3118, 4151 -> Category.CREDENTIALS;
      case 1049 -> Category.DATABASE_NAME;
      case 1044, 1142, 1143, 1227, 1370 -> Category.RIGHTS;
      case 1146, 1054 -> Category.SCHEMA;
      case 1290, 1792, 1836 -> Category.READ_ONLY;
      case 1040, 1203, 1226 -> Category.TOO_MANY_CONNECTIONS;
      case 3159 -> Category.TLS;
      default ->
          message.contains(MySqlSettings.READ_ONLY_WORDS)
              ? Category.READ_ONLY
              : needsTls(message)
                  ? Category.TLS
                  : e instanceof SQLTransientConnectionException && pool(e) > 0
                      ? Category.POOL
                      : Category.OTHER;
    };
  }

  private static boolean needsTls(String message) {
    String lower = message.toLowerCase(Locale.ROOT);
    return lower.contains("public key retrieval is not allowed")
        || lower.contains("ssl connection required")
        || lower.contains("not provided by server");
  }

  /** How many connections the pool has that found none free; 0 if this is something else. */
  private static int pool(SQLException e) {
    var total = POOL.matcher(String.valueOf(e.getMessage()));
    return e.getCause() == null && total.matches() ? Integer.parseInt(total.group(1)) : 0;
  }

  private static String words(Category category, Throwable told, Throwable root) {
    return switch (category) {
      case POOL ->
          "all " + pool((SQLException) told) + " connections are in use and none came free in time";
      case READ_ONLY -> MySqlSettings.READ_ONLY_WORDS;
      case CERTIFICATE -> oneLine(root);
      case CREDENTIALS,
          DATABASE_NAME,
          HOST_NAME,
          TLS,
          UNREACHABLE,
          RIGHTS,
          SCHEMA,
          TOO_MANY_CONNECTIONS,
          OTHER ->
          told instanceof SQLTransientConnectionException && isPools(told)
              ? NO_CONNECTION
              : oneLine(told);
    };
  }

  private static boolean isPools(Throwable e) {
    return POOL.matcher(String.valueOf(e.getMessage())).matches();
  }

  private static String oneLine(Throwable e) {
    String message =
        e instanceof SQLException sql && sql.getErrorCode() != 0 && category(sql) == Category.OTHER
            ? WithoutValues.message(sql)
            : e.getMessage();
    String text = message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
    String line = CONTROL.matcher(text.strip().lines().findFirst().orElse("")).replaceAll(" ");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line;
  }

  /**
   * What a check says now. Where nothing is known but that there is no connection, because the
   * reason went to another thread that waited for one, it goes on saying what it said.
   */
  public Health health(Health before) {
    return isUnexplained() && before instanceof Health.Down ? before : Health.down(toString());
  }

  /** Whether nothing is known but that no connection could be opened in time. */
  boolean isUnexplained() {
    return category == Category.OTHER && reason.equals(NO_CONNECTION);
  }

  /** The category and the reason, for health and logs. */
  @Override
  public String toString() {
    return category.words + ": " + reason;
  }
}
