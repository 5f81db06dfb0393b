package io.outboxpipeline.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process has used so far, as Linux tells it.
 *
 * @param cpuSeconds user and system time, to a hundredth
 * @param peakRssMiB the most memory that was resident
 */
record Usage(double cpuSeconds, double peakRssMiB) {
  private static final double TICKS_PER_SECOND = 100;
  private static final int USER_TIME = 11;

  static final Usage NONE = new Usage(0, 0);

  static Usage of(long pid) {
    try {
      Path process = Path.of("/proc", Long.toString(pid));
      String stat = Files.readString(process.resolve("stat"));
      // The name, in parentheses, may have spaces.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      double ticks = Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1]);
      double kib =
          Files.readAllLines(process.resolve("status")).stream()
              .filter(line -> line.startsWith("VmHWM:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElse(0);
      return new Usage(ticks / TICKS_PER_SECOND, kib / 1024);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The time since then, and the most memory so far. */
  Usage since(Usage before) {
    return new Usage(cpuSeconds - before.cpuSeconds, peakRssMiB);
  }
}
