package io.outboxpipeline.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where a JVM's CPU time and allocations went, from a recording by its flight recorder: by thread,
 * by library, by this project's own method, and by method. Not thread-safe.
 *
 * @see <a href="https://openjdk.org/jeps/509">JEP 509, JFR CPU-Time Profiling</a>
 */
final class Profile {
  /** An option of a JVM whose process {@link #dump} is asked of later. */
  static final String RECORD =
      "-XX:StartFlightRecording=jdk.CPUTimeSample#enabled=true,jdk.CPUTimeSample#throttle=5ms,"
          + "jdk.ObjectAllocationSample#throttle=1000/s,settings=profile";

  private static final String CPU = "jdk.CPUTimeSample";
  private static final String ALLOCATION = "jdk.ObjectAllocationSample";
  private static final String OURS = "io.outboxpipeline.";
  private static final int LINES = 12;
  private static final int DUMP_SECONDS = 60;

  /** A way to say what a sample belongs to. */
  private record View(String title, Function<RecordedEvent, String> key) {}

  private static final List<View> VIEWS =
      List.of(
          new View("thread", Profile::thread),
          new View("library", Profile::library),
          new View("own method", e -> first(e, Profile::isOurs).orElse("none")),
          new View("method", e -> first(e, _ -> true).orElse("unknown")));

  private final Map<View, Map<String, Long>> cpu = new HashMap<>();
  private final Map<View, Map<String, Long>> allocated = new HashMap<>();

  private Profile() {}

  /**
   * Writes what a JVM has recorded.
   *
   * @throws IllegalStateException if it can't
   */
  static void dump(long pid, Path recording) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                "JFR.dump",
                "filename=" + recording)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!jcmd.waitFor(DUMP_SECONDS, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
      throw new IllegalStateException("no recording of process " + pid);
    }
  }

  /** What was recorded between two times. */
  static Profile read(Path recording, Instant from, Instant until) throws IOException {
    var profile = new Profile();
    try (var file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        if (!event.getStartTime().isBefore(from) && !event.getStartTime().isAfter(until)) {
          profile.add(event);
        }
      }
    }
    return profile;
  }

  private void add(RecordedEvent event) {
    switch (event.getEventType().getName()) {
      case CPU -> add(cpu, event, event.getDuration("samplingPeriod").toNanos());
      case ALLOCATION -> add(allocated, event, event.getLong("weight"));
      default -> {}
    }
  }

  private static void add(Map<View, Map<String, Long>> to, RecordedEvent event, long weight) {
    for (View view : VIEWS) {
      to.computeIfAbsent(view, _ -> new HashMap<>())
          .merge(view.key.apply(event), weight, Long::sum);
    }
  }

  /** The sampled CPU time by own method, in nanoseconds. */
  Map<String, Long> cpuByOwnMethod() {
    return cpu.getOrDefault(VIEWS.get(2), Map.of());
  }

  private static List<RecordedFrame> frames(RecordedEvent event) {
    return event.getStackTrace() == null ? List.of() : event.getStackTrace().getFrames();
  }

  /** Of equal threads one name, without numbers. */
  private static String thread(RecordedEvent event) {
    var thread = event.getThread("eventThread");
    String name = thread == null ? null : thread.getJavaName();
    return name == null || name.isEmpty()
        ? "virtual or native"
        : name.replaceAll("0x\\p{XDigit}+|\\d+", "*");
  }

  /** The first on the stack that is not the JDK, or TLS where that is reached before. */
  private static String library(RecordedEvent event) {
    for (RecordedFrame frame : frames(event)) {
      String type = frame.getMethod().getType().getName();
      if (type.startsWith("sun.security.ssl.")) {
        return "TLS";
      }
      if (!isJdk(type)) {
        String[] names = type.split("\\.");
        int depth = Math.min(type.startsWith(OURS) ? 3 : 2, names.length - 1);
        return String.join(".", List.of(names).subList(0, depth));
      }
    }
    return "JDK";
  }

  private static boolean isJdk(String type) {
    return type.startsWith("java.")
        || type.startsWith("javax.")
        || type.startsWith("jdk.")
        || type.startsWith("sun.")
        || type.startsWith("com.sun.");
  }

  private static boolean isOurs(RecordedFrame frame) {
    return frame.getMethod().getType().getName().startsWith(OURS);
  }

  private static Optional<String> first(
      RecordedEvent event, java.util.function.Predicate<RecordedFrame> wanted) {
    return frames(event).stream().filter(wanted).findFirst().map(Profile::name);
  }

  /** {@code Type.method}, the type without its package. */
  private static String name(RecordedFrame frame) {
    String type = frame.getMethod().getType().getName();
    return type.substring(type.lastIndexOf('.') + 1) + "." + frame.getMethod().getName();
  }

  /**
   * Tables of what took most.
   *
   * @param used says what CPU the process used, of which threads of the JVM itself are not sampled
   */
  String markdown(String name, String used) {
    long nanos = sum(cpu);
    long bytes = sum(allocated);
    var text = new StringBuilder();
    text.append(
        "# %s%n%n%s. Sampled: %.2f s; the JIT compiler, the garbage collector and other threads of the JVM itself are not. Allocated: %.1f MiB.%n"
            .formatted(name, used, nanos / 1e9, bytes / 1048576.0));
    for (View view : VIEWS) {
      table(text, "CPU", view, cpu.getOrDefault(view, Map.of()), nanos);
      table(text, "allocated", view, allocated.getOrDefault(view, Map.of()), bytes);
    }
    return text.toString();
  }

  private static long sum(Map<View, Map<String, Long>> of) {
    return of.getOrDefault(VIEWS.getFirst(), Map.of()).values().stream()
        .mapToLong(weight -> weight)
        .sum();
  }

  private static void table(
      StringBuilder text, String what, View view, Map<String, Long> weights, long all) {
    text.append("%n| %s | %s |%n|--:|---|%n".formatted(what, view.title));
    var sorted = new ArrayList<>(weights.entrySet());
    sorted.sort(Collections.reverseOrder(Map.Entry.comparingByValue()));
    sorted.stream()
        .limit(LINES)
        .forEach(
            e ->
                text.append(
                    "| %.1f %% | %s |%n".formatted(e.getValue() * 100.0 / all, e.getKey())));
  }
}
