package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Outbox.Appended;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Append does the same whatever driver writes, with whatever properties and session. */
final class DriversIT {
  private static final Aggregate ALICE = new Aggregate("spending", "alice 東京 😀");
  private static final Aggregate BOB = new Aggregate("注文", "bob");

  /** Whose texts travel as they are, in whatever character set. */
  private static final Aggregate PLAIN =
      new Aggregate("plain", "! #$%&()*+,-./0:;<=>?@A[]^_`a{|}~");

  static Stream<Arguments> drivers() {
    List<String> urls = new ArrayList<>();
    for (String properties :
        List.of(
            "",
            "useServerPrepStmts=true",
            "useServerPrepStmts=true&cachePrepStmts=true&useLocalSessionState=true&useLocalTransactionState=true",
            "useAffectedRows=true",
            "rewriteBatchedStatements=true&cachePrepStmts=true",
            "rewriteBatchedStatements=true&useServerPrepStmts=true&useAffectedRows=true",
            "allowMultiQueries=true&continueBatchOnError=false&useCursorFetch=true&defaultFetchSize=1",
            "characterEncoding=ISO-8859-1",
            "characterEncoding=SJIS",
            "characterEncoding=GBK",
            "sessionVariables=sql_mode=''&jdbcCompliantTruncation=false",
            "sessionVariables=sql_mode='ANSI,NO_BACKSLASH_ESCAPES'")) {
      urls.add("mysql?" + properties);
    }
    for (String properties :
        List.of(
            "",
            "useServerPrepStmts=true",
            "useServerPrepStmts=true&cachePrepStmts=true&useBulkStmts=true",
            "useAffectedRows=true",
            "rewriteBatchedStatements=true&allowMultiQueries=true",
            "disablePipeline=true&useCompression=true",
            "sessionVariables=sql_mode=''",
            "sessionVariables=sql_mode='NO_BACKSLASH_ESCAPES'")) {
      urls.add("mariadb?" + properties);
    }
    return Stream.of(TestDatabase.values())
        .flatMap(server -> urls.stream().map(url -> Arguments.of(server, url)));
  }

  private static Connection begin(Database database, String driver) throws SQLException {
    int properties = driver.indexOf('?');
    String url =
        "jdbc:"
            + driver.substring(0, properties)
            + "://"
            + database.host()
            + ":"
            + database.port()
            + "/"
            + database.name()
            + driver.substring(properties)
            + (driver.startsWith("mariadb") ? "&sslMode=disable" : "&useSSL=false")
            + "&allowPublicKeyRetrieval=true";
    Connection c = DriverManager.getConnection(url, database.user(), database.password());
    c.setAutoCommit(false);
    return c;
  }

  private static NewEvent event(Aggregate aggregate, String type) {
    return new NewEvent(
        aggregate,
        type,
        "application/octet-stream",
        new byte[] {0, '\'', '\\', '"', '\n', (byte) 0xff, (byte) 0xe9, '%', '_', 26},
        Map.of("traceparent", "é😀'\\"));
  }

  @ParameterizedTest
  @MethodSource("drivers")
  void numbers_texts_and_bytes_are_the_same_through_every_driver(TestDatabase server, String driver)
      throws SQLException {
    Database database = server.create();
    Migrations.outbox(database.dataSource());
    database.execute("ALTER TABLE obt ADD CONSTRAINT test_refuses CHECK (event_type <> 'refused')");
    database.execute("CREATE TABLE business (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY)");
    database.execute("ALTER TABLE business AUTO_INCREMENT = 4711");
    try (Connection c = begin(database, driver)) {
      // The session's LAST_INSERT_ID() is another one's when a new aggregate gets its number.
      c.createStatement().execute("INSERT INTO business VALUES ()");
      assertThat(Outbox.append(c, event(PLAIN, "plain")).sequence()).isEqualTo(1);
      c.createStatement().execute("INSERT INTO business VALUES ()");
      assertThat(Outbox.append(c, event(PLAIN, "created 東京 é")).sequence()).isEqualTo(2);
      assertThat(Outbox.append(c, List.of(event(PLAIN, "a"), event(BOB, "z"), event(PLAIN, "a"))))
          .extracting(Appended::sequence)
          .containsExactly(3L, 1L, 4L);
      c.rollback();
      assertThat(
              Outbox.append(
                  c,
                  List.of(event(PLAIN, "plain"), event(PLAIN, "created 東京 é"), event(PLAIN, "a"))))
          .extracting(Appended::sequence)
          .containsExactly(1L, 2L, 3L);
      // Numbers of many aggregates are taken together.
      List<NewEvent> ofMany = new ArrayList<>();
      for (int i = 0; i < 150; i++) {
        ofMany.add(event(new Aggregate("many" + i % 3, "é" + i % 37), "m"));
      }
      ofMany.add(event(PLAIN, "last"));
      List<Appended> numbered = Outbox.append(c, ofMany);
      Map<Aggregate, Long> expected = new HashMap<>();
      for (int i = 0; i < ofMany.size(); i++) {
        long next = expected.merge(ofMany.get(i).aggregate(), i == 150 ? 4L : 1L, Long::sum);
        assertThat(numbered.get(i).sequence()).isEqualTo(next);
      }
      c.commit();
      assertThat(Outbox.append(c, event(ALICE, "created 東京 😀'\\")).sequence()).isEqualTo(1);
      c.commit();
      // Two in one transaction, then several of several, each in the aggregate's next number.
      assertThat(Outbox.append(c, event(ALICE, "a")).sequence()).isEqualTo(2);
      assertThat(Outbox.append(c, event(BOB, "a")).sequence()).isEqualTo(1);
      List<NewEvent> many = new ArrayList<>();
      for (int i = 0; i < 120; i++) {
        many.add(event(i % 2 == 0 ? ALICE : BOB, "b"));
      }
      assertThat(Outbox.append(c, many).subList(118, 120))
          .extracting(Appended::sequence)
          .containsExactly(62L, 61L);
      OutboxException e =
          catchThrowableOfType(
              OutboxException.class,
              () -> Outbox.append(c, List.of(event(BOB, "c"), event(ALICE, "refused"))));
      assertThat(e.transactionLost()).as(e.toString()).isFalse();
      c.commit();
      Outbox.append(c, event(ALICE, "d"));
      c.rollback();
      assertThat(Outbox.append(c, List.of(event(BOB, "e"), event(BOB, "e"))))
          .extracting(Appended::sequence)
          .containsExactly(62L, 63L);
      c.commit();
    }
    assertThat(database.number("SELECT COUNT(*) FROM obt")).isEqualTo(279);
    assertThat(types(database, PLAIN)).containsExactly("plain", "created 東京 é", "a", "last");
    assertThat(
            database.number(
                """
                SELECT COUNT(*) FROM obt
                WHERE event_type = _utf8mb4'created 東京 😀''\\\\' AND aggregate_id = _utf8mb4'alice 東京 😀' AND sequence = 1
                """))
        .isEqualTo(1);
    assertThat(
            database.number(
                "SELECT COUNT(DISTINCT payload, headers) FROM obt WHERE payload = x'00275c220aff"
                    + "e9255f1a'"))
        .isEqualTo(1);
    assertThat(headers(database)).containsOnly(Map.of("traceparent", "é😀'\\"));
    for (Aggregate aggregate : List.of(ALICE, BOB)) {
      assertThat(numbers(database, aggregate))
          .containsExactlyElementsOf(
              Stream.iterate(1L, n -> n + 1).limit(aggregate.equals(ALICE) ? 62 : 63).toList());
    }
  }

  private static List<Map<String, String>> headers(Database database) throws SQLException {
    List<Map<String, String>> all = new ArrayList<>();
    try (Connection c = database.dataSource().getConnection();
        var rows = c.createStatement().executeQuery("SELECT DISTINCT headers FROM obt")) {
      while (rows.next()) {
        all.add(Headers.ofColumn(rows.getString(1)));
      }
    }
    return all;
  }

  private static List<String> types(Database database, Aggregate aggregate) throws SQLException {
    List<String> all = new ArrayList<>();
    try (Connection c = database.dataSource().getConnection();
        var s =
            c.prepareStatement(
                "SELECT event_type FROM obt WHERE aggregate_type = ? AND aggregate_id = ? ORDER BY id")) {
      s.setString(1, aggregate.type());
      s.setString(2, aggregate.id());
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          all.add(rows.getString(1));
        }
      }
    }
    return all;
  }

  private static List<Long> numbers(Database database, Aggregate aggregate) throws SQLException {
    List<Long> all = new ArrayList<>();
    try (Connection c = database.dataSource().getConnection();
        var s = c.prepareStatement("SELECT sequence FROM obt WHERE aggregate_id = ? ORDER BY id")) {
      s.setString(1, aggregate.id());
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          all.add(rows.getLong(1));
        }
      }
    }
    return all;
  }
}
