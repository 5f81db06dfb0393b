package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DatabaseFailureTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CONFLICT | 40001 | 1213 | Deadlock found when trying to get lock",
        "CONFLICT | HY000 | 1205 | Lock wait timeout exceeded",
        "CONFLICT | HY000 | 3101 | Plugin instructed the server to rollback the current transaction.",
        "CONFLICT | HY000 | 1180 | Got error 149 - 'Lock deadlock; Retry transaction' during COMMIT",
        "CONFLICT | ''    | 149  | Got error 149",
        "CONFLICT | HY000 | 1020 | Record has changed since last read in table 'obt'",
        "AWAY     | HY000 | 1105 | provider status: Not connected to Primary Component",
        "AWAY     | 08S01 | 1047 | WSREP has not yet prepared node for application use",
        "AWAY     | HY000 | 1180 | Got error 6 'No such device or address' during COMMIT",
        "AWAY     | HY000 | 1180 | Got error 7 'Argument list too long' during COMMIT",
        "OTHER    | HY000 | 1180 | Got error 90 'Message too long' during COMMIT",
        "AWAY     | HY000 | 3100 | Error on observer while running replication hook before_commit.",
        "AWAY     | HY000 | 3796 | Timeout exceeded for held statement while new primary applies",
        "AWAY     | HY000 | 3797 | Statement aborted because Group Replication got shut down",
        "AWAY     | 08S01 | 0    | Communications link failure",
        "AWAY     | HY000 | 1290 | The MySQL server is running with the --read-only option",
        "AWAY     | 08S01 | 1053 | Server shutdown in progress",
        "AWAY     | 28000 | 1045 | Access denied for user",
        "UNREADY  | 42S02 | 1146 | Table 'a.b' doesn't exist",
        "UNREADY  | 42000 | 1142 | INSERT command denied to user",
        "UNREADY  | 42000 | 1044 | Access denied for user to database",
        "UNREADY  | HY000 | 1114 | The table 'obt' is full",
        "UNREADY  | 70100 | 1317 | Query execution was interrupted",
        "OTHER    | 23000 | 1062 | Duplicate entry",
        "OTHER    | 22001 | 1406 | Data too long for column",
        "OTHER    | HY000 | 1180 | Got error 5 during COMMIT",
        "OTHER    | HY000 | 3819 | Check constraint is violated",
      })
  void an_error_means_what_its_number_state_and_words_say(
      DatabaseFailure expected, String state, int code, String message) {
    var e = new SQLException(message, state, code);
    assertThat(DatabaseFailure.of(e)).isEqualTo(expected);
    assertThat(DatabaseFailure.of(new CompletionException(new IllegalStateException(e))))
        .as("whatever it is wrapped in")
        .isEqualTo(expected);
  }

  @Test
  void so_does_the_kind_of_a_connections_exception() {
    assertThat(DatabaseFailure.of(new SQLTransientConnectionException("timed out after 5000ms")))
        .isEqualTo(DatabaseFailure.AWAY);
    assertThat(DatabaseFailure.of(new SQLRecoverableException("closed")))
        .isEqualTo(DatabaseFailure.AWAY);
    assertThat(DatabaseFailure.of(new SQLException("no state and no number")))
        .isEqualTo(DatabaseFailure.OTHER);
    assertThat(DatabaseFailure.of(new IllegalStateException("a bug")))
        .isEqualTo(DatabaseFailure.OTHER);
  }
}
