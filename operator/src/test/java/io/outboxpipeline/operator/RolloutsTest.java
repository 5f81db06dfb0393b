package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RolloutsTest {
  private static final ResourceID A = id("a");
  private static final ResourceID B = id("b");
  private static final ResourceID C = id("c");
  private static final ResourceID D = id("d");

  private final List<ResourceID> woken = new ArrayList<>();
  private final Set<ResourceID> cluster = new HashSet<>();
  private final Rollouts rollouts = new Rollouts(2, woken::add);

  @Test
  void two_begin_the_third_waits_until_one_is_done_and_is_then_woken() {
    assertThat(begin(A)).isTrue();
    assertThat(begin(B)).isTrue();
    assertThat(begin(C)).isFalse();
    saw(A, true);
    assertThat(woken).isEmpty();
    saw(B, false);
    assertThat(woken).containsExactly(C);
    assertThat(begin(C)).isTrue();
    assertThat(begin(D)).isFalse();
  }

  @Test
  void one_that_has_begun_goes_on_with_its_other_deployments() {
    begin(A);
    begin(B);
    saw(A, true);
    assertThat(begin(A)).isTrue();
  }

  @Test
  void one_that_is_stuck_gives_its_place_back() {
    begin(A);
    begin(B);
    begin(C);
    rollouts.saw(A, false, true, () -> cluster);
    assertThat(woken).containsExactly(C);
    assertThat(begin(C)).isTrue();
  }

  @Test
  void a_changed_spec_does_not_wait_until_all_of_it_is_applied() {
    begin(A);
    begin(B);
    rollouts.specChanged(C);
    assertThat(begin(C)).isTrue();
    // A Deployment was left, because somebody else wrote it meanwhile.
    rollouts.saw(C, false, true, () -> cluster);
    assertThat(begin(C)).isTrue();
    saw(C, false);
    assertThat(begin(C)).isFalse();
  }

  @Test
  void a_new_process_counts_what_the_cluster_says_until_a_pass_has_seen_it() {
    cluster.addAll(Set.of(A, B));
    assertThat(begin(C)).isFalse();
    assertThat(begin(A)).as("it has begun before").isTrue();
    saw(A, false);
    assertThat(woken).containsExactly(C);
    assertThat(begin(C)).isTrue();
  }

  @Test
  void one_that_ends_neither_waits_nor_takes_a_place() {
    begin(A);
    begin(B);
    begin(C);
    rollouts.forget(A);
    rollouts.forget(C);
    assertThat(begin(D)).isTrue();
  }

  private boolean begin(ResourceID pipeline) {
    return rollouts.begin(pipeline, () -> cluster);
  }

  private void saw(ResourceID pipeline, boolean rolls) {
    rollouts.saw(pipeline, rolls, false, () -> cluster);
  }

  private static ResourceID id(String name) {
    return new ResourceID(name, "here");
  }
}
