package io.outboxpipeline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DatabasesIT {

  @ParameterizedTest
  @EnumSource
  void gives_each_caller_a_database_of_its_own(TestDatabase server) {
    Database one = server.create();
    Database other = server.create();
    one.execute("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (7)");
    assertThat(one.number("SELECT a FROM t")).isEqualTo(7);
    assertThat(other.name()).isNotEqualTo(one.name());
  }
}
