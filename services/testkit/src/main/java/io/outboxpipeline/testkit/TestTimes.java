package io.outboxpipeline.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes into the module's {@code target/test-times} how long each test class took from its first
 * test's begin to its last one's end, and when it began: the report of a parallel run adds up times
 * that overlap, and does not tell what was held up by others. Thread-safe.
 */
public final class TestTimes implements TestExecutionListener {
  private static final Path FOLDER = Path.of("target", "test-times");

  private final long begin = System.nanoTime();
  private final Map<String, Span> spans = new ConcurrentHashMap<>();

  /** Nanoseconds since this JVM's tests began. */
  private record Span(long from, long to, int tests) {
    Span with(Span other) {
      return new Span(Math.min(from, other.from), Math.max(to, other.to), tests + other.tests);
    }
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    add(test, 0);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    add(test, test.isTest() ? 1 : 0);
  }

  private void add(TestIdentifier test, int tests) {
    long now = System.nanoTime() - begin;
    className(test).ifPresent(c -> spans.merge(c, new Span(now, now, tests), Span::with));
  }

  private static Optional<String> className(TestIdentifier test) {
    return test.getSource()
        .map(
            source ->
                switch (source) {
                  case ClassSource c -> c.getClassName();
                  case MethodSource m -> m.getClassName();
                  default -> "";
                })
        .filter(name -> !name.isEmpty());
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    List<String> lines = new ArrayList<>();
    spans.forEach(
        (name, span) ->
            lines.add(
                String.format(
                    Locale.ROOT,
                    "%s\t%s\t%s\t%d",
                    name,
                    seconds(span.to - span.from),
                    seconds(span.from),
                    span.tests)));
    if (lines.isEmpty()) {
      return;
    }
    try {
      Files.createDirectories(FOLDER);
      Files.writeString(
          FOLDER.resolve(ProcessHandle.current().pid() + ".tsv"),
          lines.stream().sorted().collect(Collectors.joining("\n", "", "\n")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f", Duration.ofNanos(nanos).toMillis() / 1000.0);
  }
}
