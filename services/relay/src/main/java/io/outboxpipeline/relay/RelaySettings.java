package io.outboxpipeline.relay;

import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.Partitions;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.lease.Leases;
import io.outboxpipeline.relay.wake.WakeUp;
import io.outboxpipeline.runtime.DynamoDbSettings;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.Settings;
import io.outboxpipeline.runtime.SqsSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * All that a relay is told.
 *
 * @param mysql the database that events are written in, unless it is DynamoDB
 * @param dynamoDb the tables that they are written in instead
 * @param member who this relay is: the same after a restart in its place, unlike any other's
 * @param leases where the relays keep their leases, the same for all of them
 * @param partitions into how many partitions the slots shall be divided; empty: as they are
 * @param source what the events say they come from: a URI reference
 * @param concurrency how many requests to SQS at once
 * @param idleDelay between two queries when nothing happens
 * @param wakeUp what ends that wait early
 * @param maxTransaction how long a transaction that writes events may take
 * @param drainTimeout how long a partition that moves away waits for what is on its way
 * @param fair whether messages of a standard queue, too, name their aggregate as their group
 * @param xray whether messages carry their events' trace in X-Ray's form, too
 */
public record RelaySettings(
    ServerSettings server,
    MySqlSettings mysql,
    SqsSettings sqs,
    Leases leases,
    String member,
    OptionalInt partitions,
    LeaseTiming timing,
    Optional<URI> source,
    int concurrency,
    Duration idleDelay,
    WakeUp wakeUp,
    Duration maxTransaction,
    Duration drainTimeout,
    int packEvents,
    int packBytes,
    int memoryBytes,
    Optional<DynamoDbSettings> dynamoDb,
    boolean fair,
    boolean xray) {

  /** What {@code relay.store} may say. */
  enum Store {
    MYSQL,
    DYNAMODB
  }

  private static final int POOL = 8;

  /** One for reading, deleting, being woken, the heartbeat, and whatever else. */
  private static final int LEAST_POOL = 5;

  private static final Duration LONGEST_STATEMENT = Duration.ofSeconds(5);

  /** What an inbox can keep. */
  private static final int MAX_SOURCE = 255;

  /** As short as 20 statements a second allow, those of the ownership included. */
  private static final Duration IDLE_DELAY = Duration.ofMillis(56);

  /** Each look at each of the 16 parts of the index is paid for. */
  private static final Duration DYNAMODB_IDLE_DELAY = Duration.ofMillis(500);

  /** Where there is no such database. */
  private static final MySqlSettings NONE =
      MySqlSettings.local("none", 1, "none", "none", new Secret("")).withPoolSize(POOL);

  /** Reads and checks them. */
  public static RelaySettings read(Settings s) {
    Optional<DynamoDbSettings> dynamoDb =
        s.choice("relay.store", "RELAY_STORE", Store.MYSQL) == Store.DYNAMODB
            ? Optional.of(DynamoDbSettings.read(s))
            : Optional.empty();
    MySqlSettings mysql = dynamoDb.isPresent() ? NONE : MySqlSettings.read(s, POOL);
    var settings =
        new RelaySettings(
            ServerSettings.read(s, 8082),
            mysql,
            SqsSettings.read(s),
            Leases.read(s),
            s.text("relay.member", "RELAY_MEMBER", member(s)),
            partitions(s),
            timing(s),
            source(s),
            s.integer("relay.concurrency", "RELAY_CONCURRENCY", 16, 1, 256),
            time(
                s,
                "idle-delay",
                dynamoDb.isPresent() ? DYNAMODB_IDLE_DELAY : IDLE_DELAY,
                Duration.ofMillis(1),
                Duration.ofMinutes(1)),
            s.choice("relay.wake-up", "RELAY_WAKE_UP", WakeUp.QUERY),
            time(
                s,
                "max-transaction",
                Duration.ofMinutes(1),
                Duration.ofSeconds(1),
                Duration.ofHours(1)),
            time(s, "drain-timeout", Duration.ofSeconds(5), Duration.ZERO, Duration.ofMinutes(1)),
            s.integer("relay.pack-events", "RELAY_PACK_EVENTS", 100, 1, 1000),
            s.integer("relay.pack-bytes", "RELAY_PACK_BYTES", 64 << 10, 1, 1 << 20),
            s.integer("relay.memory-bytes", "RELAY_MEMORY_BYTES", 32 << 20, 4 << 20, 1 << 30),
            dynamoDb,
            s.flag("relay.fair", "RELAY_FAIR", false),
            s.flag("relay.x-ray", "RELAY_X_RAY", false));
    if (settings.member.isBlank() || settings.member.length() > 255) {
      s.problem("relay.member", "RELAY_MEMBER", "must have 1 to 255 characters");
    }
    if (mysql.poolSize() < LEAST_POOL) {
      s.problem("mysql.pool-size", "MYSQL_POOL_SIZE", "must be at least " + LEAST_POOL);
    }
    s.check();
    return settings;
  }

  /** Settings with every default, for a relay that runs inside another program. */
  public static RelaySettings of(ServerSettings server, MySqlSettings mysql, SqsSettings sqs) {
    return new RelaySettings(
        server,
        mysql.withPoolSize(POOL),
        sqs,
        new Leases.Database(),
        "relay-" + UUID.randomUUID(),
        OptionalInt.empty(),
        LeaseTiming.DEFAULT,
        Optional.empty(),
        16,
        IDLE_DELAY,
        WakeUp.QUERY,
        Duration.ofMinutes(1),
        Duration.ofSeconds(5),
        100,
        64 << 10,
        32 << 20,
        Optional.empty(),
        false,
        false);
  }

  /** The same settings for another member, with another number of partitions and other times. */
  public RelaySettings withMember(String name, int count, LeaseTiming times) {
    return new RelaySettings(
        server,
        mysql,
        sqs,
        leases,
        name,
        OptionalInt.of(count),
        times,
        source,
        concurrency,
        idleDelay,
        wakeUp,
        maxTransaction,
        drainTimeout,
        packEvents,
        packBytes,
        memoryBytes,
        dynamoDb,
        fair,
        xray);
  }

  /** A request's own time-out: it ends before another member may take over. */
  Duration requestTimeout() {
    Duration spare = timing.leaseDuration().minus(timing.renewDeadline());
    Duration timeout = spare.multipliedBy(4).dividedBy(5);
    return timeout.compareTo(Duration.ofSeconds(10)) > 0 ? Duration.ofSeconds(10) : timeout;
  }

  /**
   * How the database is reached: a statement's time-out ends long before the lease does, so that a
   * frozen server is left in time; one connection less, which is the heartbeat's.
   */
  MySqlSettings connections() {
    return heartbeatConnection().withPoolSize(mysql.poolSize() - 1);
  }

  /** How long one call of DynamoDB may take: it ends long before the lease does. */
  Duration callTimeout() {
    Duration third = timing.leaseDuration().dividedBy(3);
    return least(LONGEST_STATEMENT, greatest(third, Duration.ofMillis(500)));
  }

  /** For the heartbeat alone: nothing else that takes long keeps it waiting. */
  MySqlSettings heartbeatConnection() {
    Duration third = timing.leaseDuration().dividedBy(3);
    Duration most = least(LONGEST_STATEMENT, greatest(third, Duration.ofSeconds(1)));
    return mysql.withSocketTimeout(least(mysql.socketTimeout(), most)).withPoolSize(1);
  }

  private static Duration least(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private static Duration greatest(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  /** How much is held and sent at once. */
  Limits limits() {
    Limits standard = Limits.DEFAULT;
    return new Limits(
        standard.rows(),
        memoryBytes,
        standard.fetchRows(),
        standard.slotRows(),
        standard.laneRows(),
        packEvents,
        packBytes);
  }

  private static Duration time(
      Settings s, String name, Duration fallback, Duration min, Duration max) {
    String variable = "RELAY_" + name.toUpperCase(java.util.Locale.ROOT).replace('-', '_');
    return s.duration("relay." + name, variable, fallback, min, max);
  }

  /** The same after a restart of the container, another one in another pod. */
  private static String member(Settings s) {
    return Leases.Pod.read(s)
        .map(pod -> pod.name() + "." + pod.uid())
        .orElseGet(() -> "relay-" + UUID.randomUUID());
  }

  private static OptionalInt partitions(Settings s) {
    int none = 0;
    int count = s.integer("relay.partitions", "RELAY_PARTITIONS", none, 1, Partitions.MAX);
    return count == none ? OptionalInt.empty() : OptionalInt.of(count);
  }

  private static LeaseTiming timing(Settings s) {
    Duration least = Duration.ofMillis(100);
    Duration most = Duration.ofMinutes(10);
    LeaseTiming standard = LeaseTiming.DEFAULT;
    Duration lease = time(s, "lease-duration", standard.leaseDuration(), least, most);
    Duration renew = time(s, "renew-deadline", standard.renewDeadline(), least, most);
    Duration retry = time(s, "retry-period", standard.retryPeriod(), least, most);
    try {
      return new LeaseTiming(lease, renew, retry);
    } catch (IllegalArgumentException e) {
      s.problem("relay.lease-duration", "RELAY_LEASE_DURATION", String.valueOf(e.getMessage()));
      return standard;
    }
  }

  private static Optional<URI> source(Settings s) {
    Optional<String> text = s.optionalText("relay.source", "RELAY_SOURCE");
    try {
      if (text.isPresent() && text.get().length() <= MAX_SOURCE) {
        return Optional.of(new URI(text.get()));
      }
    } catch (URISyntaxException e) {
      // Told below.
    }
    text.ifPresent(
        wrong ->
            s.problem(
                "relay.source",
                "RELAY_SOURCE",
                "is \"" + wrong + "\": must be a URI reference of at most 255 characters"));
    return Optional.empty();
  }
}
