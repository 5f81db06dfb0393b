package io.outboxpipeline.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.outbox.Schema;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.send.Queue;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.mysql.MySqlSource;
import io.outboxpipeline.relay.source.mysql.QuarantineTable;
import io.outboxpipeline.relay.wake.QueryWakeUp;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.WatchedSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The loops over a real database and a real SQS protocol peer, with one owner of all slots. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
@Execution(ExecutionMode.SAME_THREAD) // some compare times, and backlogs fill two cores
final class RelayIT {
  private static final String LOOK_FOR_ROWS = "SELECT slot, id, aggregate_type(?s:.*)WHERE id > .*";
  private static final String LANE = "SELECT(?s:.*) AND id BETWEEN .*";

  private static final Grant GRANT = new Grant(0, new SlotRange(0, 255), 1);

  private final Database database;
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final FaultySqs sqs = new FaultySqs(peer.endpoint());
  private final SqsClient client;
  private final String queueUrl;
  private String queue = "q.fifo";
  private final List<Grant> drained = new CopyOnWriteArrayList<>();
  private final List<Grant> fencedOut = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> toClose = new ArrayList<>();

  RelayIT(TestDatabase server) {
    database = server.create();
    client =
        new SqsSettings(
                "q.fifo",
                Optional.empty(),
                Optional.of(sqs.endpoint()),
                Optional.of("eu-central-1"),
                Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))
            .open(SqsSettings.Retries.OFF, Duration.ofSeconds(25), 20);
    queueUrl =
        client
            .createQueue(
                r ->
                    r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
            .queueUrl();
  }

  @BeforeEach
  void migrate() {
    Schema.migrate(database.dataSource());
    database.execute(
        "INSERT INTO obt_partition (partition_no, first_slot, last_slot, epoch, owner)"
            + " VALUES (0, 0, 255, 1, 'test')");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : toClose.reversed()) {
      c.close();
    }
    client.close();
    sqs.close();
    peer.close();
  }

  private Relay start() {
    return start(sql -> {});
  }

  private Relay start(WatchedSource.Watch reads) {
    return start(reads, Duration.ofMinutes(1));
  }

  private Relay start(WatchedSource.Watch reads, Duration maxTransaction) {
    var standard =
        RelaySettings.of(
            ServerSettings.local(0),
            MySqlSettings.local(
                database.host(),
                database.port(),
                database.name(),
                database.user(),
                new Secret(database.password())),
            new SqsSettings(
                "q.fifo", Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
    var settings =
        new RelaySettings(
            standard.server(),
            standard.mysql(),
            standard.sqs(),
            standard.leases(),
            standard.member(),
            standard.partitions(),
            standard.timing(),
            standard.source(),
            standard.concurrency(),
            standard.idleDelay(),
            standard.wakeUp(),
            maxTransaction,
            standard.drainTimeout(),
            standard.packEvents(),
            standard.packBytes(),
            standard.memoryBytes());
    var registry = new SimpleMeterRegistry();
    var pool = settings.connections().open("relay", true, registry);
    toClose.add(pool);
    var metrics = new RelayMetrics(registry);
    DataSource watched = WatchedSource.of(pool, reads);
    var listener =
        new Source.Listener() {
          @Override
          public void drained(Grant grant) {
            drained.add(grant);
          }

          @Override
          public void fencedOut(Grant grant) {
            fencedOut.add(grant);
          }
        };
    var source =
        new MySqlSource(
            new MySqlSource.Settings(
                settings.source(),
                settings.mysql().database(),
                settings.idleDelay(),
                settings.maxTransaction()),
            watched,
            () -> pool.getHikariPoolMXBean().softEvictConnections(),
            new Transactions(pool, metrics.transactionRetries()),
            wake -> new QueryWakeUp(watched, settings.idleDelay().dividedBy(2), wake),
            metrics::quarantined,
            metrics::wentBack,
            listener);
    var relay =
        new Relay(
            new Relay.Settings(
                settings.limits(),
                settings.requestTimeout(),
                settings.concurrency(),
                settings.drainTimeout()),
            source,
            () -> Queue.find(client, queue),
            () -> true,
            drained::add,
            metrics);
    toClose.add(relay);
    relay.start();
    relay.start(GRANT);
    return relay;
  }

  private static NewEvent event(String id, int n) {
    return NewEvent.json(new Aggregate("test", id), "t", "{\"n\":" + n + "}");
  }

  private void commit(NewEvent... events) throws SQLException {
    DataSource source = database.dataSource();
    try (Connection c = source.getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, List.of(events));
      c.commit();
    }
  }

  private long rows() {
    return database.number("SELECT COUNT(*) FROM obt");
  }

  private void awaitEmpty() {
    await().atMost(Duration.ofMinutes(5)).until(() -> rows() == 0);
  }

  /** All messages of the queue, by group, each event once as SQS has them. */
  private Map<String, List<Event>> received() throws Exception {
    return received(queueUrl);
  }

  private Map<String, List<Event>> received(String queueUrl) throws Exception {
    sqs.set(FaultySqs.Faults.NONE);
    Map<String, List<Event>> byAggregate = new HashMap<>();
    for (int empty = 0; empty < 2; ) {
      List<Message> messages =
          client
              .receiveMessage(r -> r.queueUrl(queueUrl).maxNumberOfMessages(10).waitTimeSeconds(1))
              .messages();
      empty = messages.isEmpty() ? empty + 1 : 0;
      for (Message m : messages) {
        for (var received : CloudEventsCodec.decode(m.body())) {
          byAggregate
              .computeIfAbsent(received.event().aggregate().id(), k -> new ArrayList<>())
              .add(received.event());
        }
        client.deleteMessage(r -> r.queueUrl(queueUrl).receiptHandle(m.receiptHandle()));
      }
    }
    return byAggregate;
  }

  private static void assertChains(Map<String, List<Event>> received) {
    received.forEach(
        (id, events) -> {
          for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).sequence()).as("%s, event %d", id, i).isEqualTo(i + 1L);
          }
        });
  }

  /** Were it not asked, or for other rows, events after a silence would only come later. */
  @Test
  void in_silence_a_query_waits_in_the_server_for_the_row_after_the_last_one() throws Exception {
    Set<String> asked = ConcurrentHashMap.newKeySet();
    start(asked::add);
    commit(event("first", 1));
    awaitEmpty();
    awaitWaitsAfter(1, asked);
  }

  private static void awaitWaitsAfter(long id, Set<String> asked) {
    String rows = "id > " + id + " LIMIT 1 FOR UPDATE SKIP LOCKED";
    await().until(() -> asked.stream().anyMatch(sql -> sql.contains(rows)));
  }

  @Test
  void events_committed_by_many_writers_arrive_once_and_in_order() throws Exception {
    Relay loops = start();
    try (var pool = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int writer = t;
        all.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    commit(event("a" + (i * 7 + writer) % 20, i));
                  }
                  return null;
                }));
      }
      for (var f : all) {
        f.get();
      }
    }
    awaitEmpty();
    assertThat(loops.trouble()).isEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(800);
  }

  @Test
  void a_backlog_of_one_aggregate_travels_packed_and_does_not_hold_up_others() throws Exception {
    for (int i = 0; i < 30; i++) {
      NewEvent[] hundred = new NewEvent[100];
      for (int n = 0; n < 100; n++) {
        hundred[n] = event("hot", i * 100 + n);
      }
      commit(hundred);
    }
    commit(event("cold", 1));
    start();
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("hot")).hasSize(3000);
    assertThat(received.get("cold")).hasSize(1);
  }

  /** Its rows are behind all those of the other aggregate, in the same slot. */
  @Test
  void an_aggregate_does_not_wait_for_the_backlog_of_another_in_its_slot() throws Exception {
    var hot = new Aggregate("test", "hot \\' é");
    String neighbour = inSlotOf(hot).findFirst().orElseThrow();
    backlog(hot, 1, 60_000);
    commit(event(neighbour, 1));
    start();
    await().until(() -> rowsOf(neighbour) == 0);
    assertThat(rows()).as("rows of the backlog").isGreaterThan(0);
    commit(event(neighbour, 2), event(neighbour, 3));
    await().until(() -> rowsOf(neighbour) == 0);
    assertThat(rows()).as("rows of the backlog").isGreaterThan(0);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(60_000);
    assertThat(received.get(neighbour)).hasSize(3);
  }

  /** Its row is amid those of the other aggregate, too many to pass over in one piece. */
  @Test
  void a_row_that_commits_late_does_not_wait_for_the_backlog_of_another_aggregate()
      throws Exception {
    var hot = new Aggregate("test", "hot");
    List<String> neighbours = inSlotOf(hot).limit(2).toList();
    backlog(hot, 1, 30_000);
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event(neighbours.get(0), 1));
      backlog(hot, 30_001, 60_000);
      commit(event(neighbours.get(1), 1));
      start();
      await().until(() -> rowsOf(neighbours.get(1)) == 0);
      slow.commit();
    }
    await().until(() -> rowsOf(neighbours.get(0)) == 0);
    assertThat(rows()).as("rows of the backlog").isGreaterThan(0);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(60_000);
    assertThat(received.get(neighbours.get(0))).hasSize(1);
  }

  /** While the rows of the other one are being read. */
  @Test
  void what_is_new_does_not_wait_for_the_next_rows_of_another_aggregate() throws Exception {
    var hot = new Aggregate("test", "hot");
    String neighbour = inSlotOf(hot).findFirst().orElseThrow();
    backlog(hot, 1, 60_000);
    commit(event(neighbour, 1));
    var asked = new Semaphore(0);
    var answers = new Semaphore(Integer.MAX_VALUE);
    start(
        sql -> {
          if (sql.matches(LANE)) {
            asked.release();
            answers.acquire();
          }
        });
    await().until(() -> rowsOf(neighbour) == 0);
    asked.drainPermits();
    answers.drainPermits();
    for (int i = 0; i < 8; i++) {
      assertThat(asked.tryAcquire(2, TimeUnit.MINUTES)).isTrue();
      commit(event(neighbour, 2));
      // The round that reads the next rows, if there is room for any, finds the event first.
      answers.release();
      await().until(() -> rowsOf(neighbour) == 0);
    }
    answers.release(Integer.MAX_VALUE / 2);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(60_000);
    assertThat(received.get(neighbour)).hasSize(9);
  }

  @Test
  void a_backlog_takes_half_of_the_time_at_most_while_others_rows_come() throws Exception {
    var hot = new Aggregate("test", "hot");
    backlog(hot, 1, 5_000);
    var others = new AtomicInteger();
    var looked = new AtomicBoolean();
    List<Long> rounds = new CopyOnWriteArrayList<>();
    start(
        sql -> {
          if (sql.matches(LOOK_FOR_ROWS) && rounds.size() < 10) {
            // Each look finds something.
            commit(event("other", others.incrementAndGet()));
            looked.set(true);
          } else if (sql.matches(LANE) && looked.getAndSet(false)) {
            rounds.add(System.nanoTime());
            Thread.sleep(100);
          }
        });
    awaitEmpty();
    // The first ones may have been before a look for rows found all there was.
    for (int i = 3; i < 10; i++) {
      assertThat(Duration.ofNanos(rounds.get(i) - rounds.get(i - 1)))
          .isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(5_000);
    assertThat(received.get("other")).hasSize(others.get());
  }

  @Test
  void while_one_slot_is_behind_rows_of_others_come_with_the_look_for_them() throws Exception {
    var hot = new Aggregate("test", "hot");
    var other = new Aggregate("test", "other");
    // Of many aggregates: the rows of one alone would be read apart from its slot.
    for (String id : inSlotOf(hot).limit(400).toList()) {
      backlog(new Aggregate("test", id), 1, 100);
    }
    var looks = new AtomicInteger();
    var looksWhileBehind = new AtomicInteger();
    var readsOfOther = new AtomicInteger();
    start(
        sql -> {
          if (sql.matches(LOOK_FOR_ROWS) && looks.get() < 100) {
            if (looks.incrementAndGet() > 1) {
              commit(event(other.id(), looks.get()));
            }
          } else if (sql.startsWith("(SELECT slot, id, aggregate_type")) {
            if (looks.get() > 1
                && sql.contains(String.format(Locale.ROOT, "slot = %d ", other.slot()))) {
              readsOfOther.incrementAndGet();
            }
            if (sql.contains(String.format(Locale.ROOT, "slot = %d ", hot.slot()))) {
              looksWhileBehind.set(looks.get() - 1);
              Thread.sleep(150);
            }
          }
        });
    awaitEmpty();
    assertThat(looksWhileBehind).hasValueGreaterThan(3);
    assertThat(readsOfOther).hasValue(0);
    assertChains(received());
  }

  @Test
  void looks_behind_take_a_fifth_of_the_time_at_most_while_slots_are_behind() throws Exception {
    var first = new Aggregate("test", "first");
    for (String id : inSlotOf(first).limit(200).toList()) {
      backlog(new Aggregate("test", id), 1, 100);
    }
    List<Long> reads = new CopyOnWriteArrayList<>();
    var looks = new AtomicInteger();
    start(
        sql -> {
          if (reads.size() == 30) {
            return;
          }
          if (sql.startsWith("(SELECT slot, id, event_id") && !reads.isEmpty()) {
            looks.incrementAndGet();
            Thread.sleep(100);
          } else if (sql.startsWith("(SELECT slot, id, aggregate_type")
              && sql.contains(String.format(Locale.ROOT, "slot = %d ", first.slot()))) {
            reads.add(System.nanoTime());
            Thread.sleep(100);
          }
        });
    awaitEmpty();
    assertThat(reads).hasSize(30);
    Duration behind = Duration.ofNanos(reads.getLast() - reads.getFirst());
    assertThat(looks)
        .hasValueGreaterThan(2)
        // At its end there may be one that looks at three kinds of places, each by a query.
        .hasValueLessThanOrEqualTo(3 + (int) behind.dividedBy(Duration.ofMillis(500)));
    var received = received();
    assertChains(received);
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(20_000);
  }

  @Test
  void counting_the_backlog_holds_up_nothing_and_may_fail() throws Exception {
    backlog(new Aggregate("test", "hot"), 1, 20_000);
    var counts = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    Relay loops =
        start(
            sql -> {
              if (sql.contains("COUNT(*) FROM (SELECT 1")) {
                counts.countDown();
                over.await();
                throw new SQLException("no count");
              }
            });
    assertThat(counts.await(2, TimeUnit.MINUTES)).isTrue();
    awaitEmpty();
    over.countDown();
    commit(event("next", 1));
    awaitEmpty();
    assertThat(loops.trouble()).isEmpty();
  }

  @Test
  void an_error_amid_a_look_behind_costs_neither_a_row_nor_the_order() throws Exception {
    var looks = new AtomicInteger();
    start(
        sql -> {
          if (sql.startsWith("(SELECT slot, id, event_id") && looks.incrementAndGet() % 2 == 1) {
            throw new SQLException("no answer");
          }
        });
    for (int i = 0; i < 3; i++) {
      try (Connection slow = database.dataSource().getConnection()) {
        slow.setAutoCommit(false);
        Outbox.append(slow, event("slow" + i, 1));
        commit(event("fast" + i, 1));
        awaitEmpty();
        await().pollDelay(Duration.ofMillis(600)).until(() -> true);
        slow.commit();
      }
      // Only a look behind finds it.
      awaitEmpty();
      commit(event("slow" + i, 2));
      awaitEmpty();
    }
    assertThat(looks).as("looks behind").hasValueGreaterThan(3);
    var received = received();
    assertChains(received);
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(9);
  }

  private static Stream<String> inSlotOf(Aggregate aggregate) {
    return IntStream.iterate(0, n -> n + 1)
        .mapToObj(n -> "n" + n)
        .filter(id -> new Aggregate("test", id).slot() == aggregate.slot());
  }

  private long rowsOf(String id) {
    return database.number("SELECT COUNT(*) FROM obt WHERE aggregate_id = '%s'".formatted(id));
  }

  /** Rows of these sequences, as if committed a thousand at a time or, if fewer, at once. */
  private void backlog(Aggregate aggregate, int from, int to) throws SQLException {
    try (Connection c = database.dataSource().getConnection();
        var s =
            c.prepareStatement(
                """
                INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload)
                SELECT ?, ?, ?, ? + seq.n, UUID(), 't', 'application/json', '{}'
                FROM (%s) seq
                """
                    .formatted(
                        IntStream.range(0, Math.min(1000, to - from + 1))
                            .mapToObj(n -> "SELECT " + n + " AS n")
                            .collect(Collectors.joining(" UNION ALL "))))) {
      s.setInt(1, aggregate.slot());
      s.setString(2, aggregate.type());
      s.setString(3, aggregate.id());
      for (int first = from; first < to; first += 1000) {
        s.setInt(4, first);
        s.executeUpdate();
      }
    }
  }

  @Test
  void throttling_failed_entries_and_lost_answers_neither_lose_nor_reorder() throws Exception {
    start();
    sqs.set(new FaultySqs.Faults(0.1, 0.1, 0.1));
    int committed = 0;
    // How many requests that makes depends on how long they are paused.
    while (committed < 600 || sqs.injected() < 20) {
      int i = committed / 2;
      commit(event("a" + i % 10, i), event("b" + i % 3, i));
      committed += 2;
    }
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(committed);
  }

  @Test
  void a_row_that_commits_behind_what_was_read_is_sent_before_its_successor() throws Exception {
    start();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      for (int i = 0; i < 50; i++) {
        commit(event("fast" + i, i));
      }
      awaitEmpty();
      await().pollDelay(Duration.ofMillis(600)).until(() -> true);
      slow.commit();
    }
    commit(event("slow", 2));
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("slow")).hasSize(2);
  }

  /** As when the database does not answer. */
  @Test
  void a_row_that_commits_late_while_reading_stands_still_is_sent_before_its_successor()
      throws Exception {
    var maxTransaction = Duration.ofSeconds(3);
    var waits = new CountDownLatch(1);
    var standsStill = new AtomicBoolean();
    var goesOn = new CountDownLatch(1);
    start(
        sql -> {
          if (standsStill.get() && sql.startsWith("SELECT") && !sql.contains("obt_quarantine")) {
            waits.countDown();
            goesOn.await();
          }
        },
        maxTransaction);
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      for (int i = 0; i < 10; i++) {
        commit(event("fast", i));
      }
      awaitEmpty();
      standsStill.set(true);
      assertThat(waits.await(2, TimeUnit.MINUTES)).isTrue();
      slow.commit();
    }
    commit(event("slow", 2));
    await().pollDelay(maxTransaction.plusSeconds(1)).until(() -> true);
    goesOn.countDown();
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("slow")).hasSize(2);
  }

  @Test
  void a_late_row_that_was_found_and_could_not_be_read_is_sent_before_its_successor()
      throws Exception {
    var maxTransaction = Duration.ofSeconds(3);
    var fails = new AtomicBoolean();
    var failed = new AtomicInteger();
    start(
        sql -> {
          if (fails.get() && sql.contains(" AND id IN (")) {
            failed.incrementAndGet();
            throw new SQLException("no answer");
          }
        },
        maxTransaction);
    // So that its slot is read beyond the late row, which is then read by its key.
    String fast = inSlotOf(new Aggregate("test", "slow")).findFirst().orElseThrow();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      for (int i = 0; i < 10; i++) {
        commit(event(fast, i));
      }
      awaitEmpty();
      await().pollDelay(Duration.ofMillis(600)).until(() -> true);
      fails.set(true);
      slow.commit();
    }
    await().pollDelay(maxTransaction.plusSeconds(2)).until(() -> true);
    assertThat(failed).hasValueGreaterThan(1);
    commit(event("slow", 2));
    fails.set(false);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("slow")).hasSize(2);
  }

  @Test
  void a_row_that_commits_late_into_silence_is_sent_within_seconds() throws Exception {
    start();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      commit(event("fast", 1));
      awaitEmpty();
      await().pollDelay(Duration.ofMillis(1500)).until(() -> true);
      slow.commit();
    }
    await().atMost(Duration.ofSeconds(40)).until(() -> rows() == 0);
    assertThat(received().get("slow")).hasSize(1);
  }

  @Test
  void an_event_too_large_for_the_queue_holds_its_aggregate_alone_until_discarded()
      throws Exception {
    Set<String> asked = ConcurrentHashMap.newKeySet();
    Relay loops = start(asked::add);
    String big = "{\"x\":\"" + "y".repeat(300_000) + "\"}";
    commit(event("a", 1));
    commit(NewEvent.json(new Aggregate("test", "a"), "t", big));
    commit(event("a", 3));
    commit(event("b", 1));
    await().until(() -> database.number("SELECT COUNT(*) FROM obt_quarantine") == 1);
    await().until(() -> rows() == 2);
    await().until(() -> loops.standing().held() == 1);
    awaitWaitsAfter(4, asked);
    var quarantine =
        new QuarantineTable(
            new Transactions(database.dataSource(), new SimpleMeterRegistry().counter("retries")));
    var entry = quarantine.list(10).getFirst();
    assertThat(entry.sequence()).isEqualTo(2);
    assertThat(entry.waiting()).isEqualTo(2);
    assertThat(entry.reason()).contains("too large");
    assertThat(quarantine.retry(entry.eventId())).isTrue();
    await().until(() -> quarantine.list(10).size() == 1);
    assertThat(quarantine.discard(entry.eventId())).isTrue();
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("a")).hasSize(3);
    assertThat(received.get("a").get(1).tombstone()).isTrue();
    assertThat(received.get("b")).hasSize(1);
    assertThat(
            database.number("SELECT LENGTH(payload) FROM obt_quarantine WHERE state = 'discarded'"))
        .isEqualTo(big.getBytes(UTF_8).length);
  }

  @Test
  void a_replaced_owner_deletes_nothing_and_learns_of_it() throws Exception {
    database.execute("UPDATE obt_partition SET epoch = 2, owner = 'other'");
    start();
    commit(event("a", 1));
    await().untilAsserted(() -> assertThat(fencedOut).containsExactly(GRANT));
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void a_drained_partition_is_read_no_more() throws Exception {
    Relay loops = start();
    commit(event("a", 1));
    awaitEmpty();
    loops.drain(GRANT);
    await().untilAsserted(() -> assertThat(drained).containsExactly(GRANT));
    commit(event("a", 2));
    await().pollDelay(Duration.ofMillis(300)).until(() -> rows() == 1);
    assertThat(received().get("a")).hasSize(1);
  }

  @Test
  void a_standard_queue_gets_each_event_once_for_the_consumer_to_order() throws Exception {
    queue = "standard";
    String url = client.createQueue(r -> r.queueName(queue)).queueUrl();
    for (int i = 0; i < 100; i++) {
      commit(event("a" + i % 5, i));
    }
    start();
    awaitEmpty();
    var received = received(url);
    received.values().forEach(events -> events.sort(Comparator.comparingLong(Event::sequence)));
    assertChains(received);
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(100);
  }

  @Test
  void a_queue_that_is_away_is_told_and_loses_nothing() throws Exception {
    sqs.set(new FaultySqs.Faults(1, 0, 0));
    Relay loops = start();
    commit(event("a", 1), event("a", 2));
    await().untilAsserted(() -> assertThat(loops.trouble()).isPresent());
    assertThat(rows()).isEqualTo(2);
    sqs.set(FaultySqs.Faults.NONE);
    awaitEmpty();
    assertThat(loops.trouble()).isEmpty();
    assertThat(received().get("a")).hasSize(2);
  }
}
