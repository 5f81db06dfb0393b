package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of the two servers one gives its tests a user that may grant rights. */
final class RelayRightsIT extends RunningRelays {

  RelayRightsIT() {
    super(TestDatabase.MYSQL);
  }

  @Test
  void a_relay_that_may_not_delete_sends_nothing_and_says_so() throws Exception {
    String user = "r_" + database.name();
    database.execute(
        "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'pw'",
        "GRANT SELECT, INSERT, UPDATE ON " + database.name() + ".* TO '" + user + "'@'%'");
    for (String table : List.of("obt_member", "obt_lease", "obt_partition")) {
      database.execute(
          "GRANT DELETE ON " + database.name() + "." + table + " TO '" + user + "'@'%'");
    }
    RelayService relay = relay(user, "pw");
    for (int i = 0; i < 50; i++) {
      commit(event("a" + i, "{}"));
    }
    await().until(() -> ready(relay).contains("deleted"));
    assertThat(sent(relay)).isZero();
    database.execute("GRANT DELETE ON " + database.name() + ".* TO '" + user + "'@'%'");
    await().until(() -> rows() == 0);
    awaitReady(relay);
  }
}
