package io.outboxpipeline.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Formatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where a JVM's CPU time and allocations went, by samples of its flight recorder. Threads of the
 * JVM itself, the JIT compiler's and the garbage collector's, are not sampled, nor is what a Java
 * thread does inside of the JVM, as loading classes. Not thread-safe.
 *
 * @see <a href="https://openjdk.org/jeps/509">JEP 509, JFR CPU-Time Profiling</a>
 */
final class Profile {
  private static final String CPU = "jdk.CPUTimeSample";
  private static final String LOST = "jdk.CPUTimeSamplesLost";
  private static final String ALLOCATION = "jdk.ObjectAllocationSample";

  /** An option of a JVM whose process {@link #dump} is asked of later. */
  static final String RECORD =
      "-XX:StartFlightRecording=settings=profile,%s#enabled=true,%s#throttle=5ms,%s#throttle=1000/s"
          .formatted(CPU, CPU, ALLOCATION);

  private static final String OURS = "io.outboxpipeline.";
  private static final List<String> JDK = List.of("java.", "javax.", "jdk.", "sun.", "com.sun.");
  private static final int LINES = 12;
  private static final int DUMP_SECONDS = 60;

  /** What a sample is counted for. */
  enum View {
    THREAD(Profile::thread),
    LIBRARY(Profile::library),
    OWN_METHOD(e -> first(e, Profile::isOurs)),
    METHOD(e -> first(e, _ -> true));

    @SuppressWarnings("ImmutableEnumChecker") // of functions without state
    private final Function<RecordedEvent, String> key;

    View(Function<RecordedEvent, String> key) {
      this.key = key;
    }
  }

  private final Map<View, Map<String, Long>> cpu = new EnumMap<>(View.class);
  private final Map<View, Map<String, Long>> allocated = new EnumMap<>(View.class);
  private long lost;

  private Profile() {}

  /**
   * Writes what a JVM has recorded.
   *
   * @throws IllegalStateException if it can't
   */
  static void dump(long pid, Path recording) throws IOException, InterruptedException {
    Files.deleteIfExists(recording); // of an earlier run
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                "JFR.dump",
                "filename=" + recording)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!jcmd.waitFor(DUMP_SECONDS, TimeUnit.SECONDS)) {
      jcmd.destroyForcibly();
    }
    // jcmd may end with 0 all the same.
    if (!Files.exists(recording)) {
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
      case LOST -> lost += event.getLong("lostSamples");
      case ALLOCATION -> add(allocated, event, event.getLong("weight"));
      default -> {}
    }
  }

  private static void add(Map<View, Map<String, Long>> to, RecordedEvent event, long weight) {
    for (View view : View.values()) {
      to.computeIfAbsent(view, _ -> new HashMap<>())
          .merge(view.key.apply(event), weight, Long::sum);
    }
  }

  /** CPU time in nanoseconds, by what it went to. */
  Map<String, Long> cpu(View view) {
    return cpu.getOrDefault(view, Map.of());
  }

  /** About how many bytes were allocated, by what they went to. */
  Map<String, Long> allocated(View view) {
    return allocated.getOrDefault(view, Map.of());
  }

  private static List<RecordedFrame> frames(RecordedEvent event) {
    return event.getStackTrace() == null ? List.of() : event.getStackTrace().getFrames();
  }

  /** Of equal threads one name, without numbers. */
  private static String thread(RecordedEvent event) {
    return Optional.ofNullable(event.getThread("eventThread"))
        .map(thread -> thread.getJavaName())
        .filter(name -> !name.isEmpty())
        .map(name -> name.replaceAll("0x\\p{XDigit}+|\\d+", "*"))
        .orElse("virtual or native");
  }

  /** The first on the stack that is not the JDK, or TLS where that is reached before. */
  private static String library(RecordedEvent event) {
    List<RecordedFrame> frames = frames(event);
    for (RecordedFrame frame : frames) {
      String type = type(frame);
      if (type.startsWith("sun.security.ssl.")) {
        return "TLS";
      }
      if (JDK.stream().noneMatch(type::startsWith)) {
        String[] names = type.split("\\.");
        int depth = Math.min(type.startsWith(OURS) ? 3 : 2, names.length - 1);
        return String.join(".", List.of(names).subList(0, depth));
      }
    }
    return frames.isEmpty() ? "unknown" : "JDK";
  }

  private static boolean isOurs(RecordedFrame frame) {
    return type(frame).startsWith(OURS);
  }

  /** {@code Type.method}, the type without its package. */
  private static String first(RecordedEvent event, Predicate<RecordedFrame> wanted) {
    return frames(event).stream()
        .filter(wanted)
        .findFirst()
        .map(f -> type(f).substring(type(f).lastIndexOf('.') + 1) + "." + f.getMethod().getName())
        .orElse("none");
  }

  private static String type(RecordedFrame frame) {
    return frame.getMethod().getType().getName();
  }

  /** Tables of what took most. */
  String markdown(String title) {
    var text = new Formatter(Locale.ROOT);
    text.format("# %s\n\n", title);
    text.format(
        "Sampled: %.2f s of CPU time (%d samples were lost), about %.1f MiB of allocations.\n",
        sum(cpu(View.THREAD)) / 1e9, lost, sum(allocated(View.THREAD)) / 1048576.0);
    for (View view : View.values()) {
      String of = view.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      table(text, "CPU", of, cpu(view));
      table(text, "allocated", of, allocated(view));
    }
    return text.toString();
  }

  private static long sum(Map<String, Long> weights) {
    return weights.values().stream().mapToLong(weight -> weight).sum();
  }

  private static void table(Formatter text, String what, String of, Map<String, Long> weights) {
    text.format("\n| %s | %s |\n|--:|---|\n", what, of);
    long all = sum(weights);
    weights.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(LINES)
        .forEach(e -> text.format("| %.1f %% | `%s` |\n", e.getValue() * 100.0 / all, e.getKey()));
  }
}
