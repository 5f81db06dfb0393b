package io.outboxpipeline.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.relay.source.mysql.QuarantineTable;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What is committed is sent, once and in order, whatever the queue answers. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
final class RelayIT extends RelayOnDatabase {

  RelayIT(TestDatabase server) {
    super(server);
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
