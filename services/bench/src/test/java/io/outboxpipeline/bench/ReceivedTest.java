package io.outboxpipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.bench.Arrivals.Arrived;
import io.outboxpipeline.bench.Received.Order;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.SlotRange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReceivedTest {
  private final Arrivals arrivals = new Arrivals();

  private void arrive(String aggregate, int sequence) {
    arrivals.add(1_000, 1, List.of(new Arrived(aggregate, sequence, 400)));
  }

  private Received received() throws IOException {
    var bytes = new ByteArrayOutputStream();
    arrivals.writeTo(new DataOutputStream(bytes));
    return Received.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
  }

  @Test
  void all_events_in_order_are_no_violation() throws IOException {
    arrive("a", 1);
    arrive("b", 1);
    arrive("a", 2);

    assertThat(received().violation(3)).isEmpty();
    assertThat(received().latencies()).containsExactly(600, 600, 600);
  }

  @Test
  void an_event_before_its_predecessor_is_a_violation() throws IOException {
    arrive("a", 2);
    arrive("a", 1);

    assertThat(received().order()).isEqualTo(new Order(1, 1, 1));
    assertThat(received().violation(1)).isPresent();
  }

  @Test
  void a_missing_event_is_a_violation() throws IOException {
    arrive("a", 1);

    assertThat(received().violation(2)).isPresent();
  }

  @Test
  void an_event_that_comes_twice_is_counted_and_no_violation() throws IOException {
    arrive("a", 1);
    arrive("a", 2);
    arrive("a", 1);

    assertThat(received().order()).isEqualTo(new Order(2, 1, 0));
    assertThat(received().violation(2)).isEmpty();
  }

  @Test
  void what_came_before_a_reset_is_forgotten() throws IOException {
    arrive("a", 1);
    arrivals.reset();
    arrive("a", 1);

    assertThat(received().order()).isEqualTo(new Order(1, 0, 0));
  }

  @Test
  void only_what_was_written_from_one_time_to_before_another_is_taken() throws IOException {
    for (int sequence = 1; sequence <= 4; sequence++) {
      arrivals.add(1_000, 1, List.of(new Arrived("a", sequence, 100L * sequence)));
    }

    assertThat(received().writtenBetween(200, 400).sequence()).containsExactly(2, 3);
  }

  @Test
  void the_last_of_an_aggregate_is_its_own() throws IOException {
    arrivals.add(1, 1, List.of(new Arrived("a", 1, 0)));
    arrivals.add(2, 1, List.of(new Arrived("a", 2, 0)));
    arrivals.add(3, 1, List.of(new Arrived("b", 1, 0)));

    assertThat(received().lastOf("a")).isEqualTo(2);
  }

  @Test
  void a_stall_is_the_slowest_event_of_a_partition_that_moved() throws IOException {
    int slot = new Aggregate("bench", "a").slot();
    int other = new Aggregate("bench", "b").slot();
    arrivals.add(1_000, 1, List.of(new Arrived("a", 1, 990)));
    arrivals.add(1_000, 1, List.of(new Arrived("a", 2, 900)));
    arrivals.add(1_000, 1, List.of(new Arrived("b", 1, 600)));
    arrivals.add(9_000, 1, List.of(new Arrived("a", 3, 500)));
    var moved = new Scaling.Moved(600, 1_000, List.of(new SlotRange(slot, slot)));

    assertThat(slot).isNotEqualTo(other);
    assertThat(moved.stalls(received())).containsExactly(100L);
  }
}
