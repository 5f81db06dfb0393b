package io.outboxpipeline.console.access;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.outboxpipeline.runtime.ProblemException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What every request passes: it must be meant for this console, come from somebody who has signed
 * in, and, if it changes something, from a page of the console. Thread-safe.
 */
public final class Gate implements Filter {
  static final String COOKIE = "outbox-console";

  /**
   * No script, style or font but the console's own files, no frames, no forms to elsewhere; nothing
   * inline, and nothing that evaluates texts.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  /** A JSON Web Token, as the cluster gives out; nobody else's token is sent to it. */
  private static final Pattern REVIEWABLE =
      Pattern.compile("[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,8192}\\.[A-Za-z0-9_-]{8,}");

  private static final String SCHEME = "bearer ";
  private static final Set<Method> SAFE = Set.of(Method.GET, Method.HEAD, Method.OPTIONS);

  /** Paths that probes and scrapers ask for, by whatever name they know the process. */
  private static final List<String> PROBES = List.of("/health", "/metrics");

  private final AccessSettings settings;
  private final Origins origins;
  private final Tokens tokens;
  private final Sessions sessions;
  private final String prefix;
  private final Optional<Oidc> oidc;
  private final Reviewer reviewer;
  private final Rights rights;

  /**
   * @param delay of the answer to a wrong token
   * @param reviewer knows tokens that the console did not give out
   * @param rights what people may do with each pipeline
   */
  public Gate(
      AccessSettings settings,
      InstantSource clock,
      Duration delay,
      Reviewer reviewer,
      Rights rights) {
    this.reviewer = reviewer;
    this.rights = rights;
    this.settings = settings;
    origins = new Origins(settings);
    tokens = new Tokens(settings, delay);
    var seal = new Seal(settings, clock);
    sessions = new Sessions(seal);
    prefix = settings.prefix();
    oidc =
        settings
            .oidc()
            .map(
                o ->
                    new Oidc(
                        o,
                        settings.publicUrl().orElseThrow().resolve(prefix + "/oidc/callback"),
                        seal));
  }

  /** Who asks; only behind this filter. */
  public static User user(ServerRequest req) {
    return req.context().get(User.class).orElseThrow();
  }

  /** Who asks, with the role that the person has at a pipeline; empty if it is not to be seen. */
  public static Optional<User> at(ServerRequest req, String namespace, String resource) {
    return req.context()
        .get(Rights.class, Rights.class)
        .orElseThrow()
        .at(user(req), namespace, resource);
  }

  /**
   * Whom a token is good for; a wrong one takes a second.
   *
   * @throws ProblemException 429 if a wrong one came from this address just now
   */
  public Optional<User> user(String token, String address) {
    Optional<User> reviewed =
        REVIEWABLE.matcher(token).matches() ? reviewer.user(token) : Optional.empty();
    return reviewed.or(() -> tokens.user(token, address));
  }

  /** Whether there is any token that somebody could sign in with. */
  public boolean takesTokens() {
    return !settings.tokens().isEmpty() || settings.review().isPresent();
  }

  /** Whether a part of a URL may open a session: where there is no sign-in. */
  public boolean opensWith(String key) {
    return settings.linkKey().isPresent() && !key.isEmpty();
  }

  /** Sign-in by a provider of identities, if there is one. */
  public Optional<Oidc> oidc() {
    return oidc;
  }

  /**
   * The Set-Cookie header that opens a session.
   *
   * @throws ProblemException 403 if the person is in too many groups for a cookie
   */
  public String cookie(User user) {
    String value =
        sessions
            .open(user)
            .orElseThrow(
                () ->
                    new ProblemException(
                        Status.FORBIDDEN_403, "You are in too many groups for a session."));
    return set(COOKIE, value, Sessions.LENGTH, "Strict");
  }

  /**
   * The Set-Cookie header of one try to sign in at the provider. It must come along when the
   * provider sends the browser back, so it is not as strict as a session's.
   */
  public String tryCookie(String state, String value) {
    Duration length = value.isEmpty() ? Duration.ZERO : Oidc.LENGTH;
    return set(tryName(state), value, length, "Lax");
  }

  /** The value of a try's cookie; empty if there is none. */
  public static String tryCookie(ServerRequest req, String state) {
    return req.headers().cookies().first(tryName(state)).orElse("");
  }

  private static String tryName(String state) {
    return COOKIE + "-" + state.replaceAll("[^A-Za-z0-9]", "");
  }

  /** The Set-Cookie header that ends it. */
  public String noCookie() {
    return set(COOKIE, "", Duration.ZERO, "Strict");
  }

  private String set(String name, String value, Duration length, String sameSite) {
    return name
        + "="
        + value
        + "; Path="
        + (prefix.isEmpty() ? "/" : prefix)
        + "; Max-Age="
        + length.toSeconds()
        + "; HttpOnly; SameSite="
        + sameSite
        + (settings.secure() ? "; Secure" : "");
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest req, RoutingResponse res) {
    String path = req.path().path();
    if (PROBES.stream().anyMatch(p -> path.equals(p) || path.startsWith(p + "/"))) {
      chain.proceed();
      return;
    }
    headers(res);
    String host = req.headers().first(HeaderNames.HOST).orElse("");
    if (!origins.mayBeCalled(host)) {
      throw new ProblemException(
          Status.MISDIRECTED_REQUEST_421,
          "The console is not known by this name. CONSOLE_HOSTS or CONSOLE_PUBLIC_URL sets it.");
    }
    Optional<User> bearer = bearer(req);
    if (bearer.isEmpty()
        && !SAFE.contains(req.prologue().method())
        && !origins.fromHere(req.headers(), host)) {
      throw new ProblemException(
          Status.FORBIDDEN_403, "This came from another site's page, so nothing was done.");
    }
    Optional<User> user = bearer.or(() -> session(req));
    if (user.isEmpty() && !open(path)) {
      turnAway(path, req, res);
      return;
    }
    req.context().register(Rights.class, rights);
    user.ifPresent(u -> req.context().register(u));
    chain.proceed();
  }

  private static void headers(RoutingResponse res) {
    res.header(HeaderNames.create("Content-Security-Policy"), POLICY);
    res.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
    res.header(HeaderNames.create("Referrer-Policy"), "same-origin");
    res.header(HeaderNames.create("Cross-Origin-Resource-Policy"), "same-origin");
    res.header(HeaderNames.create("Cross-Origin-Opener-Policy"), "same-origin");
    res.header(HeaderNames.CACHE_CONTROL, "no-store");
  }

  private boolean open(String path) {
    return path.equals(prefix + "/sign-in")
        || path.startsWith(prefix + "/oidc/")
        || path.startsWith(prefix + "/assets/")
        || path.equals("/openapi");
  }

  private Optional<User> bearer(RoutingRequest req) {
    return req.headers()
        .first(HeaderNames.AUTHORIZATION)
        .filter(h -> h.toLowerCase(Locale.ROOT).startsWith(SCHEME))
        .map(
            h ->
                user(h.substring(SCHEME.length()).strip(), req.remotePeer().host())
                    .orElseThrow(Gate::unknown));
  }

  private Optional<User> session(RoutingRequest req) {
    return req.headers().cookies().first(COOKIE).asOptional().flatMap(sessions::user);
  }

  private static ProblemException unknown() {
    return new ProblemException(
            Status.UNAUTHORIZED_401, "Sign in, or send a token as Authorization: Bearer.")
        .withHeader("WWW-Authenticate", "Bearer realm=\"console\"");
  }

  /** A page's reader is led to the sign-in; programs and streams are told. */
  private void turnAway(String path, RoutingRequest req, RoutingResponse res) {
    boolean page =
        req.prologue().method().equals(Method.GET)
            && !path.startsWith(prefix + "/api/")
            && req.headers().first(HeaderNames.ACCEPT).orElse("").contains("text/html");
    if (!page) {
      throw unknown();
    }
    String query = req.query().rawValue();
    String key = req.query().first("key").orElse("");
    if (opensWith(key)) {
      res.status(Status.SEE_OTHER_303)
          .header(HeaderNames.LOCATION, prefix + "/sign-in?key=" + encoded(key))
          .send();
      return;
    }
    String to = path + (query.isEmpty() ? "" : "?" + query);
    res.status(Status.SEE_OTHER_303)
        .header(HeaderNames.LOCATION, prefix + "/sign-in?to=" + encoded(to))
        .send();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
