package io.outboxpipeline.runtime;

import io.helidon.http.Status;
import java.io.Serial;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ends a request with a {@link Problem}; thrown by any handler of a {@link ServiceServer}. */
public final class ProblemException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  private final transient Problem problem;
  private final transient Map<String, String> headers;

  public ProblemException(Problem problem) {
    this(problem, Map.of());
  }

  public ProblemException(Status status, String detail) {
    this(Problem.of(status, detail));
  }

  /** A bad request whose fields are named. */
  public ProblemException(Status status, String detail, List<Problem.FieldError> errors) {
    this(Problem.of(status, detail).withErrors(errors));
  }

  private ProblemException(Problem problem, Map<String, String> headers) {
    super(problem.title() + ": " + problem.detail(), null, false, false);
    this.problem = problem;
    this.headers = Map.copyOf(headers);
  }

  /** The same with one more response header, such as {@code Retry-After}. */
  public ProblemException withHeader(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new ProblemException(problem, more);
  }

  /** What to answer. */
  public Problem problem() {
    return problem;
  }

  /** Response headers beside the usual ones. */
  public Map<String, String> headers() {
    return headers;
  }
}
