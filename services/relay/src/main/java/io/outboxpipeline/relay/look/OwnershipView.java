package io.outboxpipeline.relay.look;

import io.outboxpipeline.ownership.Assigner;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.Partitions;
import io.outboxpipeline.ownership.PipelineStatus;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.ownership.Snapshot;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.spi.JsonProvider;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which slots, as the leases say, for all relays. Reads the leases at most twice a second,
 * however many look. Thread-safe.
 */
public final class OwnershipView {
  private static final Duration KEPT = Duration.ofMillis(500);
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private final LeaseStore leases;
  private final LongSupplier nanoClock;
  private final Assigner assigner;
  private final Pulse pulse = new Pulse();
  private @Nullable JsonObject known;
  private long readAt;

  public OwnershipView(LeaseStore leases, LeaseTiming timing) {
    this(leases, timing, System::nanoTime);
  }

  OwnershipView(LeaseStore leases, LeaseTiming timing, LongSupplier nanoClock) {
    this.leases = leases;
    this.nanoClock = nanoClock;
    assigner = new Assigner(timing, nanoClock);
  }

  /**
   * Partitions and members; numbers that may be large are texts.
   *
   * @throws io.outboxpipeline.ownership.StoreException if the leases can't be read
   */
  public synchronized JsonObject json() {
    long now = nanoClock.getAsLong();
    JsonObject last = known;
    if (last == null || now - readAt >= KEPT.toNanos()) {
      Snapshot snapshot = leases.snapshot();
      pulse.observe(snapshot, now);
      last = describe(snapshot, assigner.plan(snapshot).status(), now);
      known = last;
      readAt = now;
    }
    return last;
  }

  private JsonObject describe(Snapshot snapshot, PipelineStatus status, long now) {
    Map<Integer, PartitionLease> byPartition = new HashMap<>();
    snapshot.leases().forEach(l -> byPartition.put(l.partition(), l));
    var partitions = JSON.createArrayBuilder();
    for (int p = 0; p < status.partitions(); p++) {
      partitions.add(partition(p, status, Optional.ofNullable(byPartition.get(p))));
    }
    var members = JSON.createArrayBuilder();
    status
        .members()
        .forEach(
            (id, member) -> {
              var report = JSON.createObjectBuilder();
              member.report().values().forEach(report::add);
              members.add(
                  JSON.createObjectBuilder()
                      .add("member", id.value())
                      .add("alive", member.alive())
                      .add("state", member.state().name())
                      .add("owned", member.owned())
                      .add("heartbeatAgeMillis", pulse.age(id, now).toMillis())
                      .add("report", report));
            });
    return JSON.createObjectBuilder()
        .add("partitions", partitions)
        .add("members", members)
        .add("repartitioning", status.repartitioning())
        .build();
  }

  private static JsonObjectBuilder partition(
      int number, PipelineStatus status, Optional<PartitionLease> lease) {
    SlotRange slots = Partitions.range(number, status.partitions());
    Optional<MemberId> owner =
        status.repartitioning()
            ? Optional.empty()
            : Optional.ofNullable(status.holders().get(number));
    Optional<MemberId> target =
        lease
            .flatMap(PartitionLease::target)
            .filter(t -> !owner.equals(Optional.of(t)))
            .filter(
                t -> {
                  PipelineStatus.Member m = status.members().get(t);
                  return m != null && m.alive();
                });
    var json =
        JSON.createObjectBuilder()
            .add("partition", number)
            .add("firstSlot", slots.first())
            .add("lastSlot", slots.last())
            .add("state", target.isPresent() ? "moving" : owner.isPresent() ? "owned" : "unowned");
    owner.ifPresent(o -> json.add("owner", o.value()));
    target.ifPresent(t -> json.add("target", t.value()));
    lease.ifPresent(l -> json.add("epoch", Long.toUnsignedString(l.epoch())));
    return json;
  }
}
