package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import java.net.URI;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The slot's hash, and an event of 300 bytes to CloudEvents and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CodecBenchmark {
  private static final int PACK = 20;

  private final URI source = URI.create("/outbox/bench");
  private final Aggregate aggregate =
      new Aggregate("spending", "0198f2b4-7c3a-7def-8123-456789abcdef");
  private final Event event =
      new Event(
          new UUID(1, 2),
          aggregate,
          1,
          "bench.event",
          Instant.EPOCH,
          Event.JSON,
          Payload.of(0).getBytes(UTF_8),
          Map.of());
  private final String encoded = CloudEventsCodec.encode(event, source, 1);
  private final List<String> many = Collections.nCopies(PACK, encoded);
  private final String packed = CloudEventsCodec.pack(many);

  @Benchmark
  public int slot() {
    return aggregate.slot();
  }

  @Benchmark
  public String encode() {
    return CloudEventsCodec.encode(event, source, 1);
  }

  /** 20 events. */
  @Benchmark
  public String pack() {
    return CloudEventsCodec.pack(many);
  }

  /** 20 events. */
  @Benchmark
  public List<CloudEventsCodec.Received> decode()
      throws CloudEventsCodec.UnreadableMessageException {
    return CloudEventsCodec.decode(packed);
  }
}
