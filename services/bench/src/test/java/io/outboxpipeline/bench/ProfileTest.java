package io.outboxpipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProfileTest {
  private double sink;

  private void burn(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    while (System.nanoTime() < end) {
      sink += Math.sqrt(sink + 1);
    }
  }

  private void other() {
    long end = System.nanoTime() + 1_000_000_000;
    while (System.nanoTime() < end) {
      sink += Math.cbrt(sink + 1);
    }
  }

  @Test
  void time_goes_to_the_method_that_took_it_and_only_of_the_part_that_was_asked_for(
      @TempDir Path folder) throws Exception {
    Path file = folder.resolve("a.jfr");
    Instant from;
    Instant until;
    try (var recording = new Recording()) {
      recording.enable("jdk.CPUTimeSample").with("throttle", "5ms");
      recording.enable("jdk.ObjectAllocationSample").with("throttle", "1000/s");
      recording.start();
      other();
      from = Instant.now();
      burn(1_000);
      until = Instant.now();
      recording.dump(file);
    }

    Profile profile = Profile.read(file, from, until);

    Map<String, Long> cpu = profile.cpuByOwnMethod();
    assertThat(cpu.get("ProfileTest.burn")).isGreaterThan(200_000_000L);
    assertThat(cpu).doesNotContainKey("ProfileTest.other");
    assertThat(profile.markdown("a", "CPU: 1 s"))
        .contains("ProfileTest.burn")
        .doesNotContain("ProfileTest.other");
  }
}
