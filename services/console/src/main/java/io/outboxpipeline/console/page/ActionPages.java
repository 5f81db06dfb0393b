package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static io.outboxpipeline.console.page.Html.text;

import io.outboxpipeline.console.model.Job;
import io.outboxpipeline.console.model.Problem.Action;
import io.outboxpipeline.console.model.Snapshot;
import java.util.List;
import java.util.stream.Stream;

/** The look before an action, and how far the action is. */
final class ActionPages {
  private static final int SHOWN = 20;

  private final Links links;
  private final String pipeline;

  ActionPages(Links links, String pipeline) {
    this.links = links;
    this.pipeline = pipeline;
  }

  /** What the action would take, and the form that does it. */
  Html confirm(Snapshot snapshot) {
    int count = snapshot.items().size();
    if (count == 0) {
      return Html.all(tag("p", Text.NOTHING_TO_DO), back());
    }
    Html list =
        new ProblemsPage(links, pipeline, false)
            .table(snapshot.items().stream().limit(SHOWN).toList(), false);
    Html more = count > SHOWN ? tag("p").text(Text.AND_MORE.with(count - SHOWN)) : Html.NONE;
    String label = ProblemsPage.label(snapshot.action()).english();
    Html form =
        tag("form")
            .set("method", "post")
            .set("action", links.page(pipeline, "act"))
            .with(
                ProblemsPage.hidden("snapshot", snapshot.id()),
                ProblemsPage.hidden("count", Integer.toString(count)),
                Layout.why(),
                tag("button")
                    .set("type", "submit")
                    .set("class", "danger")
                    .text(Text.DO_IT.with(label, count)));
    return Html.all(
        tag("h2").text(Text.CONFIRM.with(label, count)),
        tag("p", meaning(snapshot.action())),
        tag("p", Text.SNAPSHOT_LEAD),
        list,
        more,
        form,
        back());
  }

  private static Text meaning(Action action) {
    return switch (action) {
      case RETRY -> Text.RETRY_MEANS;
      case DISCARD -> Text.DISCARD_MEANS;
      case SKIP -> Text.SKIP_MEANS;
      case APPLY -> Text.APPLY_MEANS;
    };
  }

  /** One thing to say, and the way back. */
  Html told(Text what) {
    return Html.all(tag("p").set("role", "alert").text(what), back());
  }

  private Html back() {
    return tag("p", tag("a").set("href", links.page(pipeline, "problems")).text(Text.BACK));
  }

  /** How far an action is; all of it that changes while one looks. */
  static Html progress(Job job) {
    Text state =
        switch (job.state()) {
          case RUNNING -> Text.JOB_RUNNING;
          case FINISHED -> Text.JOB_FINISHED;
          case GAVE_UP -> Text.JOB_GAVE_UP;
          case STOPPED -> Text.JOB_STOPPED;
        };
    return Html.all(
        tag("h2").text(Text.JOB.with(ProblemsPage.label(job.action()).english(), job.total())),
        tag("p").set("role", "status").text(state),
        tag("p")
            .text(
                Text.JOB_COUNTS.with(
                    job.done(), job.gone(), job.again(), job.failed(), job.total())),
        job.kept() ? Html.NONE : tag("p", Text.JOB_DRIVEN),
        tag("p").text(job.by()),
        job.failures().isEmpty()
            ? Html.NONE
            : tag("ul").with(job.failures().stream().map(f -> tag("li").text(f))));
  }

  /**
   * @param decides whether who looks may end it
   */
  Html job(Job job, boolean decides) {
    return Html.all(
        tag("div").set("id", "live").set("data-stream", stream(job)).with(progress(job)),
        decides && job.state() == Job.State.RUNNING ? stop(job) : Html.NONE,
        back());
  }

  private Html stop(Job job) {
    return tag("form")
        .set("method", "post")
        .set("action", links.page(pipeline, "job-stop"))
        .with(
            ProblemsPage.hidden("job", job.id()),
            Layout.why(),
            tag("button").set("type", "submit").text(Text.STOP_IT));
  }

  private String stream(Job job) {
    return links.page(pipeline, "stream", java.util.Map.of("view", "job", "job", job.id()));
  }

  /** The last actions. */
  Html jobs(List<Job> jobs) {
    if (jobs.isEmpty()) {
      return Html.NONE;
    }
    Stream<Html> items =
        jobs.stream()
            .map(
                j ->
                    tag(
                        "li",
                        tag("a")
                            .set(
                                "href",
                                links.page(pipeline, "job", java.util.Map.of("job", j.id())))
                            .text(
                                Text.JOB.with(ProblemsPage.label(j.action()).english(), j.total())),
                        text(" " + j.by() + " "),
                        Format.time(j.startedAt())));
    return Html.all(tag("h2", Text.JOBS), tag("ul").with(items));
  }
}
