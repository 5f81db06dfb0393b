package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;

import java.util.Locale;

/** What a person types to change the pipeline itself. */
final class CommandsPage {
  private CommandsPage() {}

  /**
   * @param namespace of the resource; empty for the one that kubectl is set to
   * @param resource its name
   */
  static Html content(String namespace, String resource) {
    String in = namespace.isEmpty() ? "" : " -n " + namespace;
    String obp = "outboxpipeline/" + resource;
    return Html.all(
        tag("p", Text.COMMANDS_LEAD),
        command(
            Text.PAUSE,
            patch(in, obp, "{\"spec\":{\"paused\":true}}")
                + "\n"
                + patch(in, obp, "{\"spec\":{\"paused\":false}}")),
        command(Text.SCALE, "kubectl scale" + in + " " + obp + " --replicas=4"),
        command(Text.REPARTITION, patch(in, obp, "{\"spec\":{\"relay\":{\"partitions\":128}}}")),
        command(Text.WATCH, "kubectl wait" + in + " " + obp + " --for=condition=Ready"));
  }

  private static String patch(String in, String obp, String json) {
    return String.format(Locale.ROOT, "kubectl patch%s %s --type=merge -p '%s'", in, obp, json);
  }

  private static Html command(Text title, String lines) {
    return Html.all(tag("h2", title), lines(title, lines));
  }

  /** Lines to copy; those that are too long can be moved sideways by the keyboard, too. */
  private static Html lines(Text name, String lines) {
    return tag("pre")
        .set("tabindex", "0")
        .set("role", "region")
        .set("aria-label", name.english())
        .with(tag("code").text(lines));
  }
}
