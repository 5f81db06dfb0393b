package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * The part of a scenario in which a service's process is measured. With {@code bench.profile} it is
 * told, too, where that process's time and allocations went.
 *
 * @param name of the profile
 * @param from when the profile begins
 * @param before what the process had used when the part began
 */
record Part(Rig rig, String name, JavaProcess process, Instant from, Usage before) {

  /** One that begins now. */
  static Part begin(Rig rig, String name, JavaProcess process) {
    return new Part(rig, name, process, Instant.now(), Usage.of(process.pid()));
  }

  /** One that began with the process. */
  static Part fromStart(Rig rig, String name, JavaProcess process) {
    return new Part(rig, name, process, process.startedAt(), Usage.NONE);
  }

  /** The same, with a profile only of what comes after so long from now. */
  Part profiledAfter(Duration warmUp) {
    return new Part(rig, name, process, Instant.now().plus(warmUp), before);
  }

  /** What the process used in it; the peak is that of its life. */
  Usage end() throws IOException, InterruptedException {
    Instant until = Instant.now();
    Usage used = Usage.of(process.pid()).since(before);
    if (rig.options().profile()) {
      Path folder =
          Files.createDirectories(
              rig.options().folder().toAbsolutePath().resolve("bench-profiles"));
      Path recording = folder.resolve(name + ".jfr");
      Profile.dump(process.pid(), recording);
      double seconds = Duration.between(from, until).toMillis() / 1e3;
      Files.writeString(
          folder.resolve(name + ".md"),
          Profile.read(recording, from, until)
              .markdown(String.format(Locale.ROOT, "%s, %.1f s", name, seconds)));
    }
    return used;
  }
}
