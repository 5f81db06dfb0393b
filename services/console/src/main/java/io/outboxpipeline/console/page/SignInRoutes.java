package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static io.outboxpipeline.console.page.Html.text;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.common.parameters.Parameters;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.console.access.Gate;
import io.outboxpipeline.console.access.User;
import java.util.Optional;

/** In and out. Thread-safe. */
public final class SignInRoutes implements HttpService {
  private static final int LONGEST_NAME = 60;

  private final Gate gate;
  private final Links links;
  private final Layout layout;

  /**
   * @param prefix what the paths of all links begin with
   */
  public SignInRoutes(Gate gate, String prefix) {
    this.gate = gate;
    links = new Links(prefix);
    layout = new Layout(links);
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/sign-in", this::form)
        .post("/sign-in", this::signIn)
        .post("/sign-out", this::signOut);
  }

  private void form(ServerRequest req, ServerResponse res) {
    String key = Requests.value(req.query(), "key");
    if (!key.isEmpty() && gate.opensWith(key)) {
      Optional<User> user = gate.user(key, req.remotePeer().host());
      if (user.isPresent()) {
        // A page of the console leads on: the cookie does not go with a link from elsewhere.
        res.header(HeaderNames.SET_COOKIE, gate.cookie(user.get()));
        send(res, layout.leadOn(Text.SIGNED_IN, links.home()));
        return;
      }
    }
    send(res, page(Requests.value(req.query(), "to"), false));
  }

  private void signIn(ServerRequest req, ServerResponse res) {
    Parameters form = req.content().as(Parameters.class);
    String to = Requests.value(form, "to");
    Optional<User> user = gate.user(Requests.value(form, "token"), req.remotePeer().host());
    if (user.isEmpty()) {
      res.status(Status.UNAUTHORIZED_401);
      send(res, page(to, true));
      return;
    }
    User named =
        user.get().reviewed()
            ? user.get()
            : new User(name(Requests.value(form, "name"), user.get()), user.get().role());
    res.status(Status.SEE_OTHER_303)
        .header(HeaderNames.SET_COOKIE, gate.cookie(named))
        .header(HeaderNames.LOCATION, links.isHere(to) ? to : links.home())
        .send();
  }

  /** As the person said, without what a log or a table could not keep. */
  private static String name(String said, User user) {
    String clean = said.replaceAll("\\p{Cntrl}", " ").strip();
    int length = clean.codePointCount(0, clean.length());
    String cut =
        length > LONGEST_NAME
            ? clean.substring(0, clean.offsetByCodePoints(0, LONGEST_NAME))
            : clean;
    return cut.isEmpty() ? user.name() : cut;
  }

  private void signOut(ServerRequest req, ServerResponse res) {
    res.status(Status.SEE_OTHER_303)
        .header(HeaderNames.SET_COOKIE, gate.noCookie())
        .header(HeaderNames.LOCATION, links.signIn())
        .send();
  }

  private String page(String to, boolean wrong) {
    Html form =
        tag("form")
            .set("method", "post")
            .set("action", links.signIn())
            .set("class", "sign-in")
            .with(
                wrong ? tag("p").set("role", "alert").text(Text.WRONG_TOKEN) : Html.NONE,
                ProblemsPage.hidden("to", to),
                tag("label")
                    .with(
                        text(Text.YOUR_NAME),
                        tag("input")
                            .set("name", "name")
                            .set("maxlength", Integer.toString(LONGEST_NAME))
                            .set("autocomplete", "name")
                            .with()),
                tag("label")
                    .with(
                        text(Text.TOKEN),
                        tag("input")
                            .set("name", "token")
                            .set("type", "password")
                            .set("required", true)
                            .set("autocomplete", "current-password")
                            .with()),
                tag("button").set("type", "submit").text(Text.SIGN_IN));
    Html provider =
        gate.oidc().isEmpty()
            ? Html.NONE
            : tag("p", tag("a").set("href", links.oidc(to)).text(Text.SIGN_IN_ELSEWHERE));
    return layout.page(
        Optional.empty(), Text.SIGN_IN, Html.all(provider, gate.takesTokens() ? form : Html.NONE));
  }

  private static void send(ServerResponse res, String page) {
    res.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8").send(page.getBytes(UTF_8));
  }
}
