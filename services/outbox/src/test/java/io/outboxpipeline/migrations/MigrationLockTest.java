package io.outboxpipeline.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which errors mean that another process took the lock, and which end the migration at once. */
final class MigrationLockTest {

  @ParameterizedTest
  @CsvSource({
    "'', 1205, lock wait, true",
    "'', 3101, certification failed, true",
    "40001, 0, deadlock, true",
    "'', 1180, Got error 149 during COMMIT, true",
    "'', 1180, Got error 28 during COMMIT, false",
    "42000, 1142, INSERT command denied, false",
  })
  void a_conflict_is_tried_again_and_nothing_else(
      String state, int code, String message, boolean conflict) {
    assertThat(MigrationLock.isConflict(new SQLException(message, state, code)))
        .isEqualTo(conflict);
  }
}
