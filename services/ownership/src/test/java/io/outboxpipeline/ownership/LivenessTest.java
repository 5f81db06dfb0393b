package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.Liveness.Standing;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LivenessTest {

  private static final MemberId M = new MemberId("m");

  private final Liveness liveness = new Liveness(15, 10);

  @Test
  void a_heartbeat_that_did_not_change_for_a_whole_lease_is_expired() {
    for (long t = 0; t <= 14; t += 2) {
      liveness.observe(beat("1", State.LIVE), 100 + t);
      assertThat(liveness.standing(M, 100 + t)).isEqualTo(Standing.ACCEPTING);
    }
    liveness.observe(beat("1", State.LIVE), 115);
    assertThat(liveness.standing(M, 115)).isEqualTo(Standing.EXPIRED);
  }

  @Test
  void any_change_is_a_sign_of_life() {
    for (long t = 0; t <= 12; t += 2) {
      liveness.observe(beat("1", State.LIVE), 100 + t);
    }
    liveness.observe(beat("2", State.LEAVING), 114);
    liveness.observe(beat("2", State.LEAVING), 116);
    assertThat(liveness.standing(M, 116)).isEqualTo(Standing.LEAVING);
  }

  @Test
  void an_observer_that_was_cut_off_itself_begins_anew() {
    liveness.observe(beat("1", State.LIVE), 100);
    liveness.observe(beat("1", State.LIVE), 111);
    liveness.observe(beat("1", State.LIVE), 116);
    assertThat(liveness.standing(M, 116)).isEqualTo(Standing.ACCEPTING);
    liveness.observe(beat("1", State.LIVE), 121);
    liveness.observe(beat("1", State.LIVE), 126);
    assertThat(liveness.standing(M, 126)).isEqualTo(Standing.EXPIRED);
  }

  @Test
  void a_holder_without_a_heartbeat_is_gone_only_after_a_whole_lease() {
    var lease = new PartitionLease(0, Optional.of(M), Optional.empty(), 1, new Version("1"));
    var snapshot = new Snapshot(List.of(lease), List.of(), Optional.empty());
    for (long t = 0; t <= 14; t += 2) {
      liveness.observe(snapshot, 100 + t);
      assertThat(liveness.standing(M, 100 + t)).isEqualTo(Standing.MISSING);
    }
    liveness.observe(snapshot, 115);
    assertThat(liveness.standing(M, 115)).isEqualTo(Standing.GONE);
  }

  private static Snapshot beat(String version, State state) {
    var beat = new Heartbeat(M, "i", 1, state, 4, Report.NONE, new Version(version));
    return new Snapshot(List.of(), List.of(beat), Optional.empty());
  }
}
