package io.outboxpipeline.operator.status;

import io.outboxpipeline.ownership.PipelineStatus;
import io.outboxpipeline.ownership.PipelineStatus.Member;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the living relays say of themselves with their heartbeats. */
public final class Relays {
  private static final String OK = "ok";

  private final List<Member> alive;

  /** As they said it last. */
  public Relays(OwnedPartitions partitions) {
    alive =
        switch (partitions) {
          case OwnedPartitions.Observed(PipelineStatus status, var lasting) ->
              status.members().values().stream().filter(Member::alive).toList();
          case OwnedPartitions.Unknown() -> List.of();
          case OwnedPartitions.InDatabase() -> List.of();
        };
  }

  /** Those that own something; a relay that just starts says nothing of the flow. */
  private List<Member> owners() {
    return alive.stream().filter(m -> m.owned() > 0).toList();
  }

  /** Whether events get from the database to the queue, whatever is known of the two otherwise. */
  boolean send() {
    List<Member> owners = owners();
    return !owners.isEmpty()
        && owners.stream()
            .allMatch(m -> says(m, "database").equals(OK) && !isTrouble(says(m, "queue")));
  }

  /** What keeps one of them from its database. */
  Optional<String> databaseTrouble() {
    return troubles("database").findFirst();
  }

  /** What keeps all of them from the queue. */
  Optional<String> queueTrouble() {
    return troubles("queue").count() == speaking().size()
        ? troubles("queue").findFirst()
        : Optional.empty();
  }

  /** Whether one of them uses its database. */
  boolean useTheDatabase() {
    return speaking().stream().anyMatch(m -> says(m, "database").equals(OK));
  }

  /** How many events wait, of all relays that said so. */
  public Optional<Long> backlog() {
    List<Member> saying =
        alive.stream().filter(m -> m.report().values().containsKey("backlog")).toList();
    return saying.isEmpty()
        ? Optional.empty()
        : Optional.of(saying.stream().mapToLong(m -> number(m, "backlog")).sum());
  }

  /** How old the oldest of them is, in seconds. */
  public long oldest() {
    return alive.stream().mapToLong(m -> number(m, "oldest-seconds")).max().orElse(0);
  }

  /** How many aggregates they hold, because an event of theirs can't be sent. */
  public long held() {
    return alive.stream().mapToLong(m -> number(m, "held-aggregates")).sum();
  }

  private List<Member> speaking() {
    List<Member> owners = owners();
    return owners.isEmpty() ? alive : owners;
  }

  private Stream<String> troubles(String of) {
    return speaking().stream().map(m -> says(m, of)).filter(Relays::isTrouble);
  }

  private static boolean isTrouble(String said) {
    return !said.isEmpty() && !said.equals(OK);
  }

  private static String says(Member member, String of) {
    return member.report().values().getOrDefault(of, "");
  }

  private static long number(Member member, String name) {
    String value = member.report().values().getOrDefault(name, "0");
    return value.matches("[0-9]{1,15}") ? Long.parseLong(value) : 0;
  }
}
