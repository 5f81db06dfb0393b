package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static io.outboxpipeline.console.page.Html.text;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.outboxpipeline.console.access.Gate;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.model.Trouble;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What all pages have around them. */
final class Layout {

  /** The pages of a pipeline, in the order of their links. */
  enum Section {
    FLOW("flow", Text.FLOW),
    SLOTS("slots", Text.SLOTS),
    PROBLEMS("problems", Text.PROBLEMS),
    DEAD_LETTERS("dead-letters", Text.DEAD_LETTERS_PAGE),
    AGGREGATE("aggregate", Text.AGGREGATE),
    EVENT("event", Text.EVENT),
    DECISIONS("decisions", Text.DECISIONS),
    COMMANDS("commands", Text.COMMANDS);

    private final String path;
    private final Text title;

    Section(String path, Text title) {
      this.path = path;
      this.title = title;
    }

    String path() {
      return path;
    }

    Text title() {
      return title;
    }
  }

  private final Links links;

  Layout(Links links) {
    this.links = links;
  }

  Links links() {
    return links;
  }

  /** Tells what is wrong with a request as a page, too. */
  Handler telling(Handler handler) {
    return (req, res) -> {
      try {
        handler.handle(req, res);
      } catch (ProblemException e) {
        String fields =
            e.problem().errors().stream()
                .map((FieldError f) -> f.pointer() + " " + f.message())
                .collect(Collectors.joining("; "));
        String page =
            page(
                Optional.of(Gate.user(req)),
                Text.CONSOLE,
                Html.all(
                    tag("p").set("role", "alert").text(e.problem().detail()),
                    fields.isEmpty() ? Html.NONE : tag("p").text(fields),
                    tag("p", tag("a").set("href", links.home()).text(Text.PIPELINES))));
        res.status(Status.create(e.problem().status()))
            .header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8")
            .send(page.getBytes(UTF_8));
      }
    };
  }

  /** A page of a pipeline. */
  String page(User user, String pipeline, Section section, Html content) {
    Html nav =
        tag("nav")
            .set("aria-label", Text.PAGES.english())
            .with(
                tag("ul")
                    .with(Stream.of(Section.values()).map(s -> item(pipeline, s, s == section))));
    Html main = Html.all(tag("h1").text(pipeline + ": " + section.title.english()), content);
    return whole(pipeline + " · " + section.title.english(), Optional.of(user), nav, main);
  }

  private Html item(String pipeline, Section section, boolean here) {
    Html.Tag a = tag("a").set("href", links.page(pipeline, section.path));
    return tag("li", (here ? a.set("aria-current", "page") : a).text(section.title));
  }

  /** A page that belongs to no pipeline. */
  String page(Optional<User> user, Text title, Html content) {
    return whole(title.english(), user, Html.NONE, Html.all(tag("h1", title), content));
  }

  /** A page that leads on by itself. */
  String leadOn(Text title, String to) {
    Html refresh = tag("meta").set("http-equiv", "refresh").set("content", "0;url=" + to).with();
    Html main = Html.all(tag("h1", title), tag("p", tag("a").set("href", to).text(Text.GO_ON)));
    return document(title.english(), refresh, tag("main").set("id", "content").with(main));
  }

  private String whole(String title, Optional<User> user, Html nav, Html content) {
    Html header =
        tag("header")
            .with(
                tag("a").set("class", "skip").set("href", "#content").text(Text.SKIP_TO_CONTENT),
                tag("a").set("class", "brand").set("href", links.home()).text(Text.CONSOLE),
                nav,
                user.map(this::account).orElse(Html.NONE));
    Html stale =
        tag("p")
            .set("id", "stale")
            .set("role", "status")
            .set("data-text", Text.NOT_LIVE.english())
            .with();
    Html main = tag("main").set("id", "content").set("tabindex", "-1").with(content);
    return document(title, Html.NONE, Html.all(header, stale, main));
  }

  private Html account(User user) {
    Text role = user.decides() ? Text.OPERATOR : Text.VIEWER;
    return tag("form")
        .set("method", "post")
        .set("action", links.signOut())
        .set("class", "account")
        .with(
            tag("span").text(Text.SIGNED_IN_AS.with(user.name(), role.english())),
            tag("button").set("type", "submit").text(Text.SIGN_OUT));
  }

  private String document(String title, Html head, Html body) {
    Html all =
        tag("html")
            .set("lang", "en")
            .with(
                tag(
                    "head",
                    tag("meta")
                        .set("content", "text/html; charset=utf-8")
                        .set("http-equiv", "Content-Type")
                        .with(),
                    tag("meta")
                        .set("name", "viewport")
                        .set("content", "width=device-width, initial-scale=1")
                        .with(),
                    head,
                    tag("title").text(title + " · " + Text.CONSOLE.english()),
                    tag("link")
                        .set("rel", "stylesheet")
                        .set("href", links.asset("console.css"))
                        .with(),
                    tag("link")
                        .set("rel", "icon")
                        .set("type", "image/svg+xml")
                        .set("href", links.asset("icon.svg"))
                        .with(),
                    tag("script").set("src", links.asset("live.js")).set("type", "module").with()),
                tag("body", body));
    return "<!doctype html>\n" + all;
  }

  /** The services that did not answer; nothing if all did. */
  static Html troubles(List<Trouble> troubles) {
    if (troubles.isEmpty()) {
      return Html.NONE;
    }
    return tag("div")
        .set("class", "trouble")
        .set("role", "status")
        .with(
            tag("p", Text.MISSING_PARTS),
            tag("ul")
                .with(
                    troubles.stream()
                        .map(
                            t ->
                                tag("li")
                                    .text(t.kind().code() + " " + t.service() + " " + t.why()))));
  }

  /** A table that can be moved sideways where it is too wide. */
  static Html table(Text caption, List<Text> heads, Stream<Html> rows) {
    return tag("div")
        .set("class", "wide")
        .set("tabindex", "0")
        .set("role", "region")
        .set("aria-label", caption.english())
        .with(
            tag(
                "table",
                tag("caption", caption),
                tag(
                    "thead",
                    tag("tr").with(heads.stream().map(h -> tag("th").set("scope", "col").text(h)))),
                tag("tbody").with(rows)));
  }

  /** A row of texts. */
  static Html row(String... cells) {
    return tag("tr").with(Stream.of(cells).map(c -> tag("td").with(text(c))));
  }

  /** A field with its label above it. */
  static Html field(Text label, String name, String value) {
    return tag("label")
        .with(
            text(label),
            tag("input")
                .set("name", name)
                .set("value", value)
                .set("autocomplete", "off")
                .set("maxlength", "400")
                .with());
  }

  /** The field for the reason of a decision, which nobody may leave out. */
  static Html why() {
    return tag("label")
        .with(
            text(Text.WHY),
            tag("input")
                .set("name", "why")
                .set("required", true)
                .set("maxlength", "300")
                .set("autocomplete", "off")
                .with());
  }
}
