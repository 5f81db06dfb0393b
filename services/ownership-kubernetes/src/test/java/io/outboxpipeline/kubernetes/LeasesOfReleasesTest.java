package io.outboxpipeline.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.Version;
import io.outboxpipeline.ownership.WantedPartitions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The leases of each release, kept as they were: relays and operators of two releases read each
 * other's, so that things are only added to them.
 */
final class LeasesOfReleasesTest {
  private static final MemberId HOLDER = new MemberId("spending-relay-6c7-x2x.0f8e8b1e");
  private static final MemberId TARGET = new MemberId("spending-relay-6c7-abc.1a2b");
  private static final Heartbeat BEAT =
      new Heartbeat(
          HOLDER,
          "9c1b3a52-61d4-4d3b-9a1e-7d3f5b8e0c11",
          417,
          Heartbeat.State.LEAVING,
          2,
          new Report(
              Map.of(
                  "backlog", "12",
                  "database", "ok",
                  "held-aggregates", "1",
                  "oldest-seconds", "95",
                  "queue", "no answer",
                  "undeleted", "0",
                  "version", "0.1.0")),
          new Version("uid-1/11"));
  private static final PartitionLease LEASE =
      new PartitionLease(1, Optional.of(HOLDER), Optional.of(TARGET), 7, new Version("uid-2/12"));
  private static final WantedPartitions WANTED = new WantedPartitions(2, new Version("uid-3/13"));

  private final LeaseObjects objects = new LeaseObjects("shop", "spending");

  static List<Path> releases() throws IOException {
    try (Stream<Path> folders = Files.list(Path.of("src", "test", "contracts"))) {
      return folders.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void what_members_of_a_release_wrote_is_read(Path release) throws IOException {
    assertThat(objects.snapshot(leases(release)))
        .isEqualTo(new Snapshot(List.of(LEASE), List.of(BEAT), Optional.of(WANTED)));
  }

  @ParameterizedTest
  @MethodSource("releases")
  void what_is_written_has_all_that_members_of_a_release_look_for(Path release) throws IOException {
    Instant now = Instant.parse("2026-11-30T10:00:00Z");
    List<Lease> written =
        List.of(
            objects.created(BEAT, Optional.empty(), now),
            objects.created(LEASE, now),
            objects.created(WANTED, now));
    List<String> patches =
        List.of(objects.patch(BEAT, now), objects.patch(LEASE, now), objects.patch(WANTED, now));
    List<Lease> before = leases(release);
    assertThat(before).hasSameSizeAs(written);
    for (int i = 0; i < before.size(); i++) {
      Lease then = before.get(i);
      Lease later = written.get(i);
      assertThat(later.getMetadata().getName()).isEqualTo(then.getMetadata().getName());
      assertThat(later.getMetadata().getLabels())
          .containsAllEntriesOf(then.getMetadata().getLabels());
      assertThat(later.getMetadata().getAnnotations())
          .containsAllEntriesOf(then.getMetadata().getAnnotations());
      assertThat(later.getSpec().getHolderIdentity()).isEqualTo(then.getSpec().getHolderIdentity());
      Lease patched = Serialization.unmarshal(patches.get(i), Lease.class);
      assertThat(patched.getMetadata().getAnnotations())
          .containsAllEntriesOf(then.getMetadata().getAnnotations());
      assertThat(patched.getSpec().getHolderIdentity())
          .isEqualTo(then.getSpec().getHolderIdentity());
    }
  }

  private static List<Lease> leases(Path release) throws IOException {
    return Arrays.stream(Files.readString(release.resolve("leases.yaml")).split("\n---\n"))
        .map(yaml -> Serialization.unmarshal(yaml, Lease.class))
        .toList();
  }
}
