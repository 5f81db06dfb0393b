package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.RestingReads.Ticket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RestingReadsTest {
  private static final MemberId A = new MemberId("a");
  private static final MemberId B = new MemberId("b");
  private static final long SECOND = 1_000_000_000;

  private final RestingReads reads = new RestingReads(Duration.ofSeconds(15));

  @Test
  void at_rest_heartbeats_are_read_and_leases_are_as_they_were() {
    Snapshot full = read(leases(A, B), beat(A, 1), beat(B, 1));
    rests(full);
    Snapshot next = read(List.of(), beat(A, 2), beat(B, 2));
    assertThat(brief(next, 2)).contains(read(full.leases(), beat(A, 2), beat(B, 2)));
  }

  @Test
  void what_is_not_at_rest_is_read_in_full_each_time() {
    PartitionLease moves = lease(1, A).to(Optional.of(B));
    PartitionLease free = lease(1, A).released();
    isNotAtRest(read(List.of(lease(0, A), moves), beat(A, 1), beat(B, 1)));
    isNotAtRest(read(List.of(lease(0, A), free), beat(A, 1), beat(B, 1)));
    isNotAtRest(read(leases(A, B), beat(A, 1)));
    isNotAtRest(read(leases(A, B), beat(A, 1), beat(B, 1).in(State.LEAVING)));
    isNotAtRest(read(leases(A, B), beat(A, 1), beat(B, 1).in(State.UNABLE)));
    isNotAtRest(read(leases(A, A), beat(A, 1), beat(B, 1)));
    isNotAtRest(read(List.of(lease(0, A)), beat(A, 1)));
    isNotAtRest(new Snapshot(leases(A, A), List.of(beat(A, 1)), Optional.empty()));
  }

  @Test
  void whatever_else_than_a_renewal_is_news() {
    isNews(read(List.of(), beat(A, 2)));
    isNews(read(List.of(), beat(A, 2), beat(B, 2), beat(new MemberId("c"), 1)));
    isNews(read(List.of(), beat(A, 2), beat(B, 2).in(State.SEIZED)));
    isNews(
        read(List.of(), beat(A, 2), new Heartbeat(B, "new", 1, State.LIVE, 2, Report.NONE, v())));
    isNews(
        read(List.of(), beat(A, 2), new Heartbeat(B, "one", 2, State.LIVE, 0, Report.NONE, v())));
    isNews(
        new Snapshot(
            List.of(), List.of(beat(A, 2), beat(B, 2)), Optional.of(new WantedPartitions(3, v()))));
  }

  @Test
  void a_cache_in_which_time_runs_back_is_not_believed() {
    rests(read(leases(A, B), beat(A, 5), beat(B, 5)));
    assertThat(brief(read(List.of(), beat(A, 6), beat(B, 4)), 1)).isEmpty();
  }

  @Test
  void who_is_late_is_looked_for_in_what_is_so_now() {
    rests(read(leases(A, B), beat(A, 1), beat(B, 1)));
    assertThat(brief(read(List.of(), beat(A, 2), beat(B, 1)), 4)).isPresent();
    assertThat(brief(read(List.of(), beat(A, 3), beat(B, 1)), 6)).isPresent();
    Ticket late = reads.begin(8 * SECOND);
    assertThat(late.brief()).isFalse();
    reads.all(late, read(leases(A, B), beat(A, 4), beat(B, 1)), 8 * SECOND);
    assertThat(reads.begin(9 * SECOND).brief()).as("it has not changed yet").isFalse();
    Ticket back = reads.begin(10 * SECOND);
    reads.all(back, read(leases(A, B), beat(A, 5), beat(B, 2)), 10 * SECOND);
    assertThat(reads.begin(11 * SECOND).brief()).isTrue();
  }

  @Test
  void after_a_pause_of_the_reader_nobody_is_late_by_what_a_cache_says() {
    rests(read(leases(A, B), beat(A, 1), beat(B, 1)));
    assertThat(brief(read(List.of(), beat(A, 2), beat(B, 1)), 10)).isEmpty();
  }

  @Test
  void a_change_by_hand_is_seen_within_a_lease() {
    rests(read(leases(A, B), beat(A, 1), beat(B, 1)));
    for (int second = 2; second < 15; second += 2) {
      assertThat(brief(read(List.of(), beat(A, second), beat(B, second)), second)).isPresent();
    }
    assertThat(reads.begin(15 * SECOND).brief()).isFalse();
  }

  @Test
  void what_was_read_while_something_was_written_is_not_built_on() {
    rests(read(leases(A, B), beat(A, 1), beat(B, 1)));
    Ticket before = reads.begin(SECOND);
    reads.wrote();
    assertThat(reads.brief(before, read(List.of(), beat(A, 2), beat(B, 2)), SECOND)).isEmpty();
    Ticket during = reads.begin(SECOND);
    reads.wrote();
    reads.all(during, read(leases(A, B), beat(A, 2), beat(B, 2)), SECOND);
    assertThat(reads.begin(SECOND).brief()).isFalse();
  }

  @Test
  void an_earlier_read_that_is_answered_later_changes_nothing() {
    Ticket slow = reads.begin(0);
    rests(read(leases(A, B), beat(A, 2), beat(B, 2)));
    reads.all(slow, read(List.of(lease(0, A)), beat(A, 1)), SECOND);
    assertThat(reads.begin(SECOND).brief()).isTrue();
  }

  private void rests(Snapshot full) {
    reads.all(reads.begin(0), full, 0);
    assertThat(reads.begin(0).brief()).isTrue();
  }

  private void isNotAtRest(Snapshot full) {
    reads.wrote();
    reads.all(reads.begin(0), full, 0);
    assertThat(reads.begin(0).brief()).as("%s", full).isFalse();
  }

  private void isNews(Snapshot read) {
    reads.wrote();
    rests(read(leases(A, B), beat(A, 1), beat(B, 1)));
    assertThat(brief(read, 1)).as("%s", read).isEmpty();
    assertThat(reads.begin(SECOND).brief()).isFalse();
  }

  private Optional<Snapshot> brief(Snapshot read, long second) {
    Ticket ticket = reads.begin(second * SECOND);
    assertThat(ticket.brief()).isTrue();
    return reads.brief(ticket, read, second * SECOND);
  }

  private static Snapshot read(List<PartitionLease> leases, Heartbeat... beats) {
    return new Snapshot(leases, List.of(beats), Optional.of(new WantedPartitions(2, v())));
  }

  private static List<PartitionLease> leases(MemberId first, MemberId second) {
    return List.of(lease(0, first), lease(1, second));
  }

  private static PartitionLease lease(int partition, MemberId holder) {
    return new PartitionLease(partition, Optional.of(holder), Optional.empty(), 1, v());
  }

  private static Heartbeat beat(MemberId member, long renewals) {
    return new Heartbeat(member, "one", renewals, State.LIVE, 2, Report.NONE, v());
  }

  private static Version v() {
    return new Version("v");
  }
}
