package io.outboxpipeline.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The numbers that one append takes from the counters of its aggregates, and gives back if it
 * fails. Used once.
 */
final class Counters {
  /** So many are as fast one by one. */
  private static final int FEW = 2;

  private static final int ROWS_PER_STATEMENT = 100;

  /**
   * LAST_INSERT_ID(…) makes the new number this statement's generated key: lock and number in one.
   * Statements are short, because a driver reads them character by character each time, and keeps
   * none of more than 256 characters.
   */
  private static final String TAKE =
      """
      INSERT INTO obt_aggregate (aggregate_type, aggregate_id, last_sequence) VALUES (%1$s, %1$s, LAST_INSERT_ID(?)) \
      ON DUPLICATE KEY UPDATE last_sequence = LAST_INSERT_ID(last_sequence + ?)""";

  private static final Map<TextForm, String> TAKES = TextForm.inEach(TAKE);

  private final Connection transaction;

  /** In the order in which they are locked. */
  private final SortedMap<Aggregate, Numbers> all = new TreeMap<>(Counters::lockOrder);

  private boolean unsure;

  /** What one aggregate gives. */
  static final class Numbers {
    final Aggregate aggregate;
    final TextForm form;
    final int slot;
    private int count;

    /** The last of them; 0 until they are taken. */
    private long last;

    private int given;

    private Numbers(Aggregate aggregate) {
      this.aggregate = aggregate;
      this.form = TextForm.of(aggregate);
      this.slot = aggregate.slot();
    }

    /** The next of those that were taken. */
    long next() {
      given++;
      return last - count + given;
    }

    private void took(long lastOfThem) throws SQLException {
      if (lastOfThem < count) {
        throw new SQLException("the driver gave " + lastOfThem + " as the number of an aggregate");
      }
      last = lastOfThem;
    }

    private int set(PreparedStatement s, int column, TextForm statementForm) throws SQLException {
      statementForm.set(s, column, aggregate.type());
      statementForm.set(s, column + 1, aggregate.id());
      return column + 2;
    }
  }

  Counters(Connection transaction, List<NewEvent> events) {
    this.transaction = transaction;
    for (NewEvent event : events) {
      of(event).count++;
    }
  }

  private static int lockOrder(Aggregate one, Aggregate other) {
    int types = one.type().compareTo(other.type());
    return types != 0 ? types : one.id().compareTo(other.id());
  }

  /** The numbers of an event's aggregate. */
  Numbers of(NewEvent event) {
    return all.computeIfAbsent(event.aggregate(), Numbers::new);
  }

  /** Locks each aggregate's row and takes its numbers, one aggregate after the other. */
  void take() throws SQLException {
    List<Numbers> together = new ArrayList<>();
    int rows = 0;
    for (Numbers one : all.values()) {
      if (rows + one.count > ROWS_PER_STATEMENT) {
        take(together);
        together.clear();
        rows = 0;
      }
      together.add(one);
      rows += one.count;
    }
    take(together);
  }

  private void take(List<Numbers> together) throws SQLException {
    if (together.size() > FEW) {
      takeTogether(together);
    } else {
      for (Numbers one : together) {
        takeOne(one);
      }
    }
  }

  private void takeOne(Numbers one) throws SQLException {
    try (PreparedStatement s =
        transaction.prepareStatement(TAKES.get(one.form), Statement.RETURN_GENERATED_KEYS)) {
      int column = one.set(s, 1, one.form);
      s.setInt(column, one.count);
      s.setInt(column + 1, one.count);
      update(s);
      try (var keys = s.getGeneratedKeys()) {
        one.took(keys.next() ? keys.getLong(1) : 0);
      }
      unsure = false;
    }
  }

  private void takeTogether(List<Numbers> together) throws SQLException {
    TextForm form =
        together.stream().map(one -> one.form).reduce(TextForm.PLAIN, (a, b) -> a.and(b));
    int rows = together.stream().mapToInt(one -> one.count).sum();
    String row = "(%1$s, %1$s, 1)".formatted(form.parameter);
    // A row for each number, because the two servers have different words for a row's value.
    String sql =
        """
        INSERT INTO obt_aggregate (aggregate_type, aggregate_id, last_sequence) VALUES %s
        ON DUPLICATE KEY UPDATE last_sequence = last_sequence + 1
        """
            .formatted(String.join(", ", Collections.nCopies(rows, row)));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (Numbers one : together) {
        for (int i = 0; i < one.count; i++) {
          column = one.set(s, column, form);
        }
      }
      update(s);
    }
    read(together, form);
    unsure = false;
  }

  /** Leaves unsure whether numbers were taken until somebody knows which. */
  private void update(PreparedStatement s) throws SQLException {
    unsure = true;
    try {
      s.executeUpdate();
    } catch (SQLException e) {
      // A refusal of the server's, so it has undone the statement.
      unsure = e.getErrorCode() == 0;
      throw e;
    }
  }

  private void read(List<Numbers> together, TextForm form) throws SQLException {
    // Locks what is locked already, because a proxy may send a plain read to a replica.
    String one =
        """
        last_sequence FROM obt_aggregate WHERE aggregate_type = %1$s AND aggregate_id = %1$s FOR UPDATE)
        """
            .formatted(form.parameter);
    String sql =
        IntStream.range(0, together.size())
            .mapToObj(i -> "(SELECT " + i + ", " + one)
            .collect(Collectors.joining("UNION ALL "));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (Numbers numbers : together) {
        column = numbers.set(s, column, form);
      }
      int read = 0;
      try (var row = s.executeQuery()) {
        while (row.next()) {
          together.get(row.getInt(1)).took(row.getLong(2));
          read++;
        }
      }
      if (read != together.size()) {
        throw new SQLException(read + " of " + together.size() + " counters are there");
      }
    }
  }

  /**
   * Puts the counters back, in the transaction that took the numbers.
   *
   * @throws SQLException if that cannot be made sure of
   */
  void giveBack() throws SQLException {
    if (unsure) {
      throw new SQLException("nobody knows whether a number was taken");
    }
    for (Numbers one : all.values()) {
      if (one.last == 0) {
        return; // none of those that come after was asked
      }
      try (PreparedStatement s =
          transaction.prepareStatement(
              """
              UPDATE obt_aggregate SET last_sequence = last_sequence - ?
              WHERE aggregate_type = %1$s AND aggregate_id = %1$s AND last_sequence = ?
              """
                  .formatted(one.form.parameter))) {
        s.setInt(1, one.count);
        int column = one.set(s, 2, one.form);
        s.setLong(column, one.last);
        if (s.executeUpdate() != 1) {
          throw new SQLException("a number that was taken could not be given back");
        }
      }
    }
  }
}
