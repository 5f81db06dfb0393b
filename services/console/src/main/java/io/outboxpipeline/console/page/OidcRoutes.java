package io.outboxpipeline.console.page;

import static io.outboxpipeline.console.page.Html.tag;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.console.access.Gate;
import io.outboxpipeline.console.access.Oidc;
import java.util.Optional;

/** Sign-in by a provider of identities: to it, and back. Thread-safe. */
public final class OidcRoutes implements HttpService {
  private final Gate gate;
  private final Links links;
  private final Layout layout;

  /**
   * @param prefix what the paths of all links begin with
   */
  public OidcRoutes(Gate gate, String prefix) {
    this.gate = gate;
    links = new Links(prefix);
    layout = new Layout(links);
  }

  @Override
  public void routing(HttpRules rules) {
    gate.oidc()
        .ifPresent(
            oidc ->
                rules
                    .get("/oidc/begin", (req, res) -> begin(oidc, req, res))
                    .get("/oidc/callback", (req, res) -> end(oidc, req, res)));
  }

  private void begin(Oidc oidc, ServerRequest req, ServerResponse res) {
    String to = Requests.value(req.query(), "to");
    Optional<Oidc.Begun> begun = oidc.begin(links.isHere(to) ? to : links.home());
    if (begun.isEmpty()) {
      res.status(Status.BAD_GATEWAY_502);
      tell(res, Text.PROVIDER_AWAY.english());
      return;
    }
    res.status(Status.SEE_OTHER_303)
        .header(HeaderNames.SET_COOKIE, gate.tryCookie(begun.get().state(), begun.get().cookie()))
        .header(HeaderNames.LOCATION, begun.get().to().toString())
        .send();
  }

  private void end(Oidc oidc, ServerRequest req, ServerResponse res) {
    String state = Requests.value(req.query(), "state");
    String code = Requests.value(req.query(), "code");
    switch (oidc.end(code, state, Gate.tryCookie(req, state))) {
      case Oidc.Outcome.Out(String why) -> {
        res.status(Status.FORBIDDEN_403);
        tell(res, why);
      }
      case Oidc.Outcome.In(var user, String to) -> {
        // A page of the console leads on: the cookie does not go with a link from elsewhere.
        res.header(HeaderNames.SET_COOKIE, gate.cookie(user), gate.tryCookie(state, ""));
        send(res, layout.leadOn(Text.SIGNED_IN, to));
      }
    }
  }

  private void tell(ServerResponse res, String why) {
    Html back = tag("p", tag("a").set("href", links.signIn()).text(Text.SIGN_IN));
    send(
        res,
        layout.page(
            Optional.empty(),
            Text.SIGN_IN,
            Html.all(tag("p").set("role", "alert").text(why), back)));
  }

  private static void send(ServerResponse res, String page) {
    res.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8").send(page.getBytes(UTF_8));
  }
}
