package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.Condition;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Something that a person should notice; it becomes a Kubernetes Event.
 *
 * @param reason one word, which stays the same from version to version
 */
public record Notice(Kind kind, String reason, String message) {

  /** As Kubernetes has it. */
  public enum Kind {
    Normal,
    Warning
  }

  private static final String TRUE = "True";
  private static final String UNKNOWN = "Unknown";

  private static final List<String> WATCHED =
      List.of(
          StatusOf.QUEUE_READY,
          StatusOf.DATABASE_READY,
          StatusOf.PARTITIONS_OWNED,
          StatusOf.PAUSED,
          StatusOf.READY);

  /** What changed from one status to the next. */
  public static List<Notice> between(OutboxPipelineStatus before, OutboxPipelineStatus after) {
    var notices = new ArrayList<Notice>();
    for (String type : WATCHED) {
      String was = before.condition(type).map(Condition::getStatus).orElse(UNKNOWN);
      Condition is = after.condition(type).orElseThrow();
      if (!was.equals(is.getStatus())) {
        of(type, was, is).ifPresent(notices::add);
      }
    }
    // Ready says why it isn't in the words of what is in the way.
    return notices.stream().distinct().toList();
  }

  private static Optional<Notice> of(String type, String was, Condition is) {
    boolean good = is.getStatus().equals(TRUE);
    if (type.equals(StatusOf.PAUSED)) {
      return good
          ? Optional.of(new Notice(Kind.Normal, "Paused", is.getMessage()))
          : Optional.of(new Notice(Kind.Normal, "Resumed", is.getMessage()))
              .filter(n -> was.equals(TRUE));
    }
    if (good) {
      return Optional.of(new Notice(Kind.Normal, is.getReason(), is.getMessage()))
          .filter(n -> !was.equals(UNKNOWN) || type.equals(StatusOf.READY));
    }
    // What never was good is no news, but for the queue: nothing starts without it.
    return Optional.of(new Notice(Kind.Warning, is.getReason(), is.getMessage()))
        .filter(n -> was.equals(TRUE) || type.equals(StatusOf.QUEUE_READY));
  }
}
