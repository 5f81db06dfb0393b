package io.outboxpipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.bench.Arrivals.Arrived;
import io.outboxpipeline.bench.Received.Order;
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
}
