package io.outboxpipeline.runtime;

import io.helidon.http.Method;
import io.helidon.http.PathMatchers;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** Answers 405 where Helidon would say 404: the path is there, the method is not. */
public final class Methods {
  private Methods() {}

  /**
   * Refuses every other method at a path, and tells which there are.
   *
   * @param path a path pattern, as in {@link HttpRules#get(String,
   *     io.helidon.webserver.http.Handler...)}
   */
  public static void only(HttpRules rules, String path, Method... methods) {
    Set<Method> allowed = Set.of(methods);
    String allow = Arrays.stream(methods).map(Method::text).collect(Collectors.joining(", "));
    rules.route(
        method -> !allowed.contains(method),
        PathMatchers.create(path),
        (req, res) -> {
          throw new ProblemException(
                  Status.METHOD_NOT_ALLOWED_405, "This path takes " + allow + ".")
              .withHeader("Allow", allow);
        });
  }
}
