package io.outboxpipeline.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.model.Notice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a person should notice of a change from one status to another. */
public final class Notices {
  private static final String TRUE = "True";
  private static final String UNKNOWN = "Unknown";

  private static final List<String> WATCHED =
      List.of(
          StatusOf.QUEUE_READY,
          StatusOf.DATABASE_READY,
          StatusOf.PARTITIONS_OWNED,
          StatusOf.DATABASE_CLAIMED,
          StatusOf.STALLED,
          StatusOf.PAUSED,
          StatusOf.READY);

  private Notices() {}

  /** What changed from one status to the next. */
  public static List<Notice> between(OutboxPipelineStatus before, OutboxPipelineStatus after) {
    var notices = new ArrayList<Notice>();
    for (String type : WATCHED) {
      String was = before.condition(type).map(Condition::getStatus).orElse(UNKNOWN);
      Optional<Condition> now = after.condition(type);
      if (now.isEmpty()) {
        continue;
      }
      Condition is = now.get();
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
          ? Optional.of(new Notice(Notice.Kind.Normal, "Paused", is.getMessage()))
          : Optional.of(new Notice(Notice.Kind.Normal, "Resumed", is.getMessage()))
              .filter(n -> was.equals(TRUE));
    }
    if (type.equals(StatusOf.STALLED)) {
      return Optional.of(new Notice(Notice.Kind.Warning, is.getReason(), is.getMessage()))
          .filter(n -> good);
    }
    if (good) {
      return Optional.of(new Notice(Notice.Kind.Normal, is.getReason(), is.getMessage()))
          .filter(n -> !was.equals(UNKNOWN) || type.equals(StatusOf.READY));
    }
    // What never was good is no news, but for what nothing starts without.
    return Optional.of(new Notice(Notice.Kind.Warning, is.getReason(), is.getMessage()))
        .filter(
            n ->
                was.equals(TRUE)
                    || type.equals(StatusOf.QUEUE_READY)
                    || type.equals(StatusOf.DATABASE_CLAIMED));
  }
}
