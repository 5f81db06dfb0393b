package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class AssignmentTest {

  @Property(tries = 2_000)
  void every_partition_has_an_owner_and_the_balance_is_one_at_most(
      @ForAll @IntRange(min = 1, max = 256) int partitions,
      @ForAll @IntRange(min = 0, max = 64) int members,
      @ForAll long seed) {
    Map<Integer, MemberId> assigned =
        Assignment.assign(partitions, members(members), present(partitions, members, seed));

    if (members == 0) {
      assertThat(assigned).isEmpty();
      return;
    }
    assertThat(assigned.keySet())
        .containsExactlyElementsOf(IntStream.range(0, partitions).boxed().toList());
    int[] counts = members(members).stream().mapToInt(m -> count(assigned, m)).sorted().toArray();
    assertThat(counts[counts.length - 1] - counts[0]).isLessThanOrEqualTo(1);
  }

  @Property(tries = 2_000)
  void of_all_balanced_assignments_it_moves_the_fewest(
      @ForAll @IntRange(min = 1, max = 256) int partitions,
      @ForAll @IntRange(min = 1, max = 64) int members,
      @ForAll long seed) {
    Map<Integer, MemberId> present = present(partitions, members, seed);

    Map<Integer, MemberId> assigned = Assignment.assign(partitions, members(members), present);

    // A member keeps at most its share, and only so many shares have one more.
    int share = partitions / members;
    long couldKeepOneMore =
        members(members).stream().filter(m -> count(present, m) > share).count();
    long kept =
        members(members).stream().mapToInt(m -> Math.min(count(present, m), share)).sum()
            + Math.min(partitions % members, couldKeepOneMore);
    assertThat(moves(present, assigned)).isEqualTo(partitions - kept);
  }

  @Property(tries = 300)
  void no_search_over_all_balanced_assignments_finds_one_that_moves_fewer(
      @ForAll @IntRange(min = 1, max = 6) int partitions,
      @ForAll @IntRange(min = 1, max = 4) int members,
      @ForAll long seed) {
    Map<Integer, MemberId> present = present(partitions, members, seed);
    long best = Long.MAX_VALUE;
    for (long code = 0; code < Math.pow(members, partitions); code++) {
      var candidate = new TreeMap<Integer, MemberId>();
      long digits = code;
      for (int p = 0; p < partitions; p++) {
        candidate.put(p, members(members).get((int) (digits % members)));
        digits /= members;
      }
      int[] counts =
          members(members).stream().mapToInt(m -> count(candidate, m)).sorted().toArray();
      if (counts[counts.length - 1] - counts[0] <= 1) {
        best = Math.min(best, moves(present, candidate));
      }
    }

    assertThat(moves(present, Assignment.assign(partitions, members(members), present)))
        .isEqualTo(best);
  }

  @Property(tries = 1_000)
  void the_order_in_which_members_are_named_does_not_matter(
      @ForAll @IntRange(min = 1, max = 256) int partitions,
      @ForAll @IntRange(min = 1, max = 64) int members,
      @ForAll long seed) {
    Map<Integer, MemberId> present = present(partitions, members, seed);
    List<MemberId> shuffled = new ArrayList<>(members(members));
    Collections.shuffle(shuffled, new Random(seed));

    assertThat(Assignment.assign(partitions, shuffled, new HashMap<>(present)))
        .isEqualTo(Assignment.assign(partitions, members(members), new TreeMap<>(present)));
  }

  @Property(tries = 1_000)
  void applied_to_its_own_result_it_changes_nothing(
      @ForAll @IntRange(min = 1, max = 256) int partitions,
      @ForAll @IntRange(min = 1, max = 64) int members,
      @ForAll long seed) {
    Map<Integer, MemberId> once =
        Assignment.assign(partitions, members(members), present(partitions, members, seed));

    assertThat(Assignment.assign(partitions, members(members), once)).isEqualTo(once);
  }

  /** Moves are made one by one, and everybody computes anew in between. */
  @Property(tries = 300)
  void moves_made_in_any_order_add_up_to_the_fewest(
      @ForAll @IntRange(min = 1, max = 64) int partitions,
      @ForAll @IntRange(min = 1, max = 16) int members,
      @ForAll long seed) {
    var random = new Random(seed);
    Map<Integer, MemberId> present = new HashMap<>(present(partitions, members, seed));
    Map<Integer, MemberId> assigned = Assignment.assign(partitions, members(members), present);
    long fewest = moves(present, assigned);

    long made = 0;
    for (List<Integer> wrong = wrong(present, assigned);
        !wrong.isEmpty();
        wrong = wrong(present, assigned)) {
      int moved = wrong.get(random.nextInt(wrong.size()));
      present.put(moved, Objects.requireNonNull(assigned.get(moved)));
      made++;
      assigned = Assignment.assign(partitions, members(members), present);
    }

    assertThat(made).isEqualTo(fewest);
  }

  @Test
  void a_fifth_member_takes_12_of_64_partitions() {
    Map<Integer, MemberId> four = Assignment.assign(64, members(4), Map.of());

    Map<Integer, MemberId> five = Assignment.assign(64, members(5), four);

    assertThat(moves(four, five)).isEqualTo(12);
    assertThat(count(five, members(5).getLast())).isEqualTo(12);
  }

  private static List<Integer> wrong(
      Map<Integer, MemberId> present, Map<Integer, MemberId> assigned) {
    return assigned.entrySet().stream()
        .filter(e -> !e.getValue().equals(present.get(e.getKey())))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static long moves(Map<Integer, MemberId> present, Map<Integer, MemberId> assigned) {
    return wrong(present, assigned).size();
  }

  private static int count(Map<Integer, MemberId> owners, MemberId member) {
    Collection<MemberId> all = owners.values();
    return (int) all.stream().filter(member::equals).count();
  }

  private static List<MemberId> members(int count) {
    return IntStream.range(0, count).mapToObj(i -> new MemberId("member-" + i)).toList();
  }

  /** Any owners: none, members, ones that are gone; in some seeds one has nearly all. */
  private static Map<Integer, MemberId> present(int partitions, int members, long seed) {
    var random = new Random(seed);
    var present = new HashMap<Integer, MemberId>();
    int spread = 1 + random.nextInt(members + 3);
    for (int p = 0; p < partitions; p++) {
      int owner = random.nextInt(spread);
      if (random.nextInt(10) > 0) {
        present.put(p, new MemberId("member-" + owner));
      }
    }
    return present;
  }
}
