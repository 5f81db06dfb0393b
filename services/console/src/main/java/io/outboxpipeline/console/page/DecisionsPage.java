package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;

import io.outboxpipeline.console.model.Decisions;
import io.outboxpipeline.console.model.Job;
import java.util.List;

/** What people decided. */
final class DecisionsPage {
  private DecisionsPage() {}

  static Html content(Decisions decisions, ActionPages actions, List<Job> jobs) {
    List<Text> heads =
        List.of(Text.WHEN, Text.WHERE, Text.WHAT, Text.ABOUT, Text.WHO, Text.FROM, Text.WHY_SHORT);
    Html table =
        decisions.items().isEmpty()
            ? decisions.troubles().isEmpty() ? tag("p", Text.NO_DECISIONS) : Html.NONE
            : Layout.table(
                Text.DECISIONS,
                heads,
                decisions.items().stream()
                    .map(
                        d ->
                            Layout.row(
                                d.at(),
                                d.by().code(),
                                d.decision(),
                                d.about(),
                                d.token(),
                                d.address(),
                                d.why())));
    return Html.all(
        tag("p", Text.DECISIONS_LEAD),
        Layout.troubles(decisions.troubles()),
        table,
        actions.jobs(jobs));
  }
}
