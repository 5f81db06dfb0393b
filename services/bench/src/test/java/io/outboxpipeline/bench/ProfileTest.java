package io.outboxpipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.bench.Profile.View;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated
final class ProfileTest {
  private static final long HALF_A_SECOND = Duration.ofMillis(500).toNanos();

  private Object kept = "";

  /** Takes CPU time, however long that takes, and memory. */
  private void burn() {
    var threads = ManagementFactory.getThreadMXBean();
    long end = threads.getCurrentThreadCpuTime() + HALF_A_SECOND;
    while (threads.getCurrentThreadCpuTime() < end) {
      double sum = 0;
      for (int i = 0; i < 100_000; i++) { // asking for the time is not sampled
        sum += Math.sqrt(i);
      }
      kept = sum > 0 ? new byte[100_000] : "";
    }
  }

  /** The recorder has a clock of its own. */
  private static Instant nowWithRoomAround() {
    Instant now = awaitLaterThan(Instant.now());
    awaitLaterThan(now);
    return now;
  }

  private static Instant awaitLaterThan(Instant time) {
    return await().until(Instant::now, now -> now.isAfter(time.plusMillis(50)));
  }

  @Test
  void time_and_allocations_go_to_what_took_them_in_the_part_that_was_asked_for(
      @TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.jfr");
    Instant from;
    Instant until;
    try (var recording = new Recording()) {
      recording.enable("jdk.CPUTimeSample").with("throttle", "5ms");
      recording.enable("jdk.ObjectAllocationSample").with("throttle", "1000/s");
      recording.start();
      burn();
      from = nowWithRoomAround();
      burn();
      until = nowWithRoomAround();
      burn();
      recording.dump(file);
    }

    Profile part = Profile.read(file, from, until);
    Profile all = Profile.read(file, Instant.EPOCH, Instant.MAX);

    long nanos = part.cpu(View.LIBRARY).getOrDefault("io.outboxpipeline.bench", 0L);
    assertThat(nanos).isBetween(HALF_A_SECOND / 4, HALF_A_SECOND * 3 / 2);
    assertThat(all.cpu(View.LIBRARY).get("io.outboxpipeline.bench")).isGreaterThan(2 * nanos);
    assertThat(part.cpu(View.OWN_METHOD)).containsKey("ProfileTest.burn");
    assertThat(part.allocated(View.OWN_METHOD)).containsKey("ProfileTest.burn");
    // Numbers in a thread's name tell threads of one kind apart, which a profile adds up.
    String thread = Thread.currentThread().getName().replaceAll("\\d+", "*");
    assertThat(part.cpu(View.THREAD))
        .hasEntrySatisfying(thread, of -> assertThat(of).isGreaterThanOrEqualTo(nanos));
    assertThat(part.markdown("a part"))
        .contains("# a part", "| CPU | own method |", "`ProfileTest.burn`");
    assertThat(kept).isNotNull();
  }
}
