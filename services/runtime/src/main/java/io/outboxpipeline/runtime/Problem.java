package io.outboxpipeline.runtime;

import io.helidon.http.Status;
import jakarta.json.spi.JsonProvider;
import java.util.List;
import java.util.Optional;

/**
 * What went wrong with a request, as problem details of RFC 9457 ({@code
 * application/problem+json}), with the extension {@code errors}.
 *
 * @param type a URI for the kind of problem; {@code about:blank} if the status says it all
 * @param title the kind of problem, the same each time
 * @param status the HTTP status
 * @param detail what is wrong this time, and what to do; empty if there is nothing to add
 * @param instance what it happened to, a URI reference
 * @param errors each bad field, if fields are what is wrong
 */
public record Problem(
    String type,
    String title,
    int status,
    String detail,
    Optional<String> instance,
    List<FieldError> errors) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  /** What an answer has at most, however much is wrong. */
  private static final int MAX_ERRORS = 20;

  private static final int MAX_POINTER = 100;

  /** The media type of {@link #json}. */
  public static final String MEDIA_TYPE = "application/problem+json";

  /**
   * One bad field.
   *
   * @param pointer where it is: a JSON pointer into the body ({@code /amount}), or the name of a
   *     query parameter or header
   * @param message what is wrong with it
   */
  public record FieldError(String pointer, String message) {}

  public Problem {
    errors = List.copyOf(errors);
  }

  /** A problem that its status describes. */
  public static Problem of(Status status, String detail) {
    return new Problem(
        "about:blank", status.reasonPhrase(), status.code(), detail, Optional.empty(), List.of());
  }

  /** The same problem with what fields are wrong. */
  public Problem withErrors(List<FieldError> bad) {
    return new Problem(type, title, status, detail, instance, bad);
  }

  /** The same problem with what it happened to. */
  public Problem withInstance(String path) {
    return new Problem(type, title, status, detail, Optional.of(path), errors);
  }

  /** The problem as JSON text. */
  public String json() {
    var json =
        JSON.createObjectBuilder().add("type", type).add("title", title).add("status", status);
    String told = detail + omitted();
    if (!told.isEmpty()) {
      json.add("detail", told);
    }
    instance.ifPresent(path -> json.add("instance", path));
    if (!errors.isEmpty()) {
      var list = JSON.createArrayBuilder();
      for (FieldError error : errors.subList(0, Math.min(MAX_ERRORS, errors.size()))) {
        list.add(
            JSON.createObjectBuilder()
                .add("pointer", shortened(error.pointer()))
                .add("message", error.message()));
      }
      json.add("errors", list);
    }
    return json.build().toString();
  }

  private String omitted() {
    return errors.size() <= MAX_ERRORS
        ? ""
        : " These are the first " + MAX_ERRORS + " of " + errors.size() + " errors.";
  }

  private static String shortened(String pointer) {
    return pointer.codePointCount(0, pointer.length()) <= MAX_POINTER
        ? pointer
        : pointer.substring(0, pointer.offsetByCodePoints(0, MAX_POINTER)) + "…";
  }
}
