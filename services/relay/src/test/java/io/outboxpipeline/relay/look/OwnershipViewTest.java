package io.outboxpipeline.relay.look;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.CasOutcome;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.ownership.WantedPartitions;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class OwnershipViewTest {
  private static final MemberId A = new MemberId("a");
  private static final MemberId B = new MemberId("<b>");

  private long now = 1;
  private long version = 1;
  private int reads;
  private final OwnershipView view =
      new OwnershipView(
          new Leases(),
          new LeaseTiming(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2)),
          () -> now);

  /** A holds partition 0, and 1 on its way to B; nobody holds 2. Only A renews. */
  private final class Leases implements LeaseStore {
    @Override
    public Snapshot snapshot() {
      reads++;
      return new Snapshot(
          List.of(
              lease(0, Optional.of(A), Optional.empty()),
              lease(1, Optional.of(A), Optional.of(B)),
              lease(2, Optional.empty(), Optional.empty())),
          List.of(beat(A, version), beat(B, 7)),
          Optional.of(new WantedPartitions(3, new Version("1"))));
    }

    private PartitionLease lease(int partition, Optional<MemberId> holder, Optional<MemberId> to) {
      return new PartitionLease(partition, holder, to, 5, new Version("1"));
    }

    private Heartbeat beat(MemberId member, long version) {
      return new Heartbeat(
          member, "x", version, Heartbeat.State.LIVE, 3, Report.NONE, new Version("" + version));
    }

    @Override
    public Optional<Heartbeat> heartbeat(MemberId member) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CasOutcome write(Heartbeat next) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CasOutcome delete(Heartbeat stored) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CasOutcome write(PartitionLease next) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CasOutcome delete(PartitionLease stored) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CasOutcome write(WantedPartitions next) {
      throw new UnsupportedOperationException();
    }
  }

  private void pass(Duration time, boolean renewed) {
    now += time.toNanos();
    version += renewed ? 1 : 0;
  }

  private List<String> states() {
    return view.json().getJsonArray("partitions").getValuesAs(JsonObject.class).stream()
        .map(p -> p.getString("state"))
        .toList();
  }

  private JsonObject member(int number) {
    return view.json().getJsonArray("members").getJsonObject(number);
  }

  @Test
  void partitions_are_owned_moving_or_unowned_and_those_of_the_dead_are_nobodys() {
    assertThat(states()).containsExactly("owned", "moving", "unowned");
    for (int second = 0; second < 16; second++) {
      pass(Duration.ofSeconds(1), true);
      view.json();
    }
    assertThat(member(0).getBoolean("alive")).as("<b>, which does not renew").isFalse();
    assertThat(states()).as("a move to a dead member").containsExactly("owned", "owned", "unowned");
    for (int second = 0; second < 16; second++) {
      pass(Duration.ofSeconds(1), false);
      view.json();
    }
    assertThat(states()).containsExactly("unowned", "unowned", "unowned");
  }

  @Test
  void a_heartbeats_age_counts_from_its_last_change() {
    view.json();
    pass(Duration.ofSeconds(3), true);
    assertThat(member(1).getString("member")).isEqualTo("a");
    assertThat(member(1).getInt("heartbeatAgeMillis")).isZero();
    assertThat(member(0).getInt("heartbeatAgeMillis")).isEqualTo(3000);
  }

  @Test
  void many_who_look_read_the_leases_twice_a_second() {
    for (int i = 0; i < 100; i++) {
      pass(Duration.ofMillis(10), false);
      view.json();
    }
    assertThat(reads).isEqualTo(2);
  }
}
