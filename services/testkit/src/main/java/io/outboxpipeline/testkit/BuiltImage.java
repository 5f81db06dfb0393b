package io.outboxpipeline.testkit;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * An image that this build makes, if it makes images. Its module's build gives the system
 * properties {@code image.prefix}, {@code image.tag} and, where it makes none, {@code
 * images.missing}.
 */
public record BuiltImage(String component) {
  private static final String PREFIX = System.getProperty("image.prefix", "outboxpipeline");

  /** Of all of them. */
  public static final String TAG = System.getProperty("image.tag", "0.1.0-SNAPSHOT");

  /** Its name for Docker. */
  public String name() {
    return PREFIX + "/" + component + ":" + TAG;
  }

  /**
   * Leaves the calling test out where these can't be had, and says so. With {@code -Djib.skip}
   * those of an earlier build do.
   */
  public static void need(String tests, String... components) {
    Optional.ofNullable(System.getProperty("images.missing"))
        .filter(why -> !why.isEmpty())
        .or(() -> firstAbsent(components))
        .ifPresent(
            why -> {
              System.out.println("[LEFT OUT] " + tests + ": " + why);
              Assumptions.abort(tests + ": " + why);
            });
  }

  private static Optional<String> firstAbsent(String... components) {
    return Stream.of(components)
        .map(component -> new BuiltImage(component).name())
        .map(Images::absent)
        .flatMap(Optional::stream)
        .findFirst();
  }
}
