package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.Draw;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

final class AssignmentTest {

  @ParameterizedTest
  @SeedSource(ci = 400, full = 2_000)
  void every_partition_has_an_owner_and_the_balance_is_one_at_most(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(
        random -> {
          int partitions = Draw.number(random, 1, 256);
          int members = Draw.number(random, 0, 64);
          Map<Integer, MemberId> assigned =
              Assignment.assign(partitions, members(members), present(partitions, members, random));

          if (members == 0) {
            assertThat(assigned).isEmpty();
            return;
          }
          assertThat(assigned.keySet())
              .containsExactlyElementsOf(IntStream.range(0, partitions).boxed().toList());
          int[] counts =
              members(members).stream().mapToInt(m -> count(assigned, m)).sorted().toArray();
          assertThat(counts[counts.length - 1] - counts[0]).isLessThanOrEqualTo(1);
        });
  }

  @ParameterizedTest
  @SeedSource(ci = 400, full = 2_000)
  void of_all_balanced_assignments_it_moves_the_fewest(Seeds seeds) throws InterruptedException {
    seeds.forEach(
        random -> {
          int partitions = Draw.number(random, 1, 256);
          int members = Draw.number(random, 1, 64);
          Map<Integer, MemberId> present = present(partitions, members, random);

          Map<Integer, MemberId> assigned =
              Assignment.assign(partitions, members(members), present);

          // A member keeps at most its share, and only so many shares have one more.
          int share = partitions / members;
          long couldKeepOneMore =
              members(members).stream().filter(m -> count(present, m) > share).count();
          long kept =
              members(members).stream().mapToInt(m -> Math.min(count(present, m), share)).sum()
                  + Math.min(partitions % members, couldKeepOneMore);
          assertThat(moves(present, assigned)).isEqualTo(partitions - kept);
        });
  }

  @ParameterizedTest
  @SeedSource(ci = 100, full = 300)
  void no_search_over_all_balanced_assignments_finds_one_that_moves_fewer(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(
        random -> {
          int partitions = Draw.number(random, 1, 6);
          int members = Draw.number(random, 1, 4);
          Map<Integer, MemberId> present = present(partitions, members, random);
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
        });
  }

  @ParameterizedTest
  @SeedSource(ci = 200, full = 1_000)
  void the_order_in_which_members_are_named_does_not_matter(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(
        random -> {
          int partitions = Draw.number(random, 1, 256);
          int members = Draw.number(random, 1, 64);
          Map<Integer, MemberId> present = present(partitions, members, random);
          List<MemberId> shuffled = new ArrayList<>(members(members));
          Collections.shuffle(shuffled, random);

          assertThat(Assignment.assign(partitions, shuffled, new HashMap<>(present)))
              .isEqualTo(Assignment.assign(partitions, members(members), new TreeMap<>(present)));
        });
  }

  @ParameterizedTest
  @SeedSource(ci = 200, full = 1_000)
  void applied_to_its_own_result_it_changes_nothing(Seeds seeds) throws InterruptedException {
    seeds.forEach(
        random -> {
          int partitions = Draw.number(random, 1, 256);
          int members = Draw.number(random, 1, 64);
          Map<Integer, MemberId> once =
              Assignment.assign(partitions, members(members), present(partitions, members, random));

          assertThat(Assignment.assign(partitions, members(members), once)).isEqualTo(once);
        });
  }

  /** Moves are made one by one, and everybody computes anew in between. */
  @ParameterizedTest
  @SeedSource(ci = 100, full = 300)
  void moves_made_in_any_order_add_up_to_the_fewest(Seeds seeds) throws InterruptedException {
    seeds.forEach(
        random -> {
          int partitions = Draw.number(random, 1, 64);
          int members = Draw.number(random, 1, 16);
          Map<Integer, MemberId> present = new HashMap<>(present(partitions, members, random));
          Map<Integer, MemberId> assigned =
              Assignment.assign(partitions, members(members), present);
          long fewest = moves(present, assigned);

          long made = 0;
          for (List<Integer> wrong = wrong(present, assigned);
              !wrong.isEmpty();
              wrong = wrong(present, assigned)) {
            int moved = wrong.get(random.nextInt(wrong.size()));
            present.put(moved, Objects.requireNonNull(assigned.get(moved)));
            assertThat(++made).isLessThanOrEqualTo(fewest);
            assigned = Assignment.assign(partitions, members(members), present);
          }

          assertThat(made).isEqualTo(fewest);
        });
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

  /** Any owners: none, members, ones that are gone; sometimes one has nearly all. */
  private static Map<Integer, MemberId> present(
      int partitions, int members, RandomGenerator random) {
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
