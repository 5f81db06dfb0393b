package io.outboxpipeline.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.utility.DockerImageName;

/**
 * An image whose containers tests use; an environment variable can name another one. Thread-safe.
 *
 * <p>An image that can't be had counts as no Docker: its tests are left out, and say why.
 */
public enum TestImage {
  /** MySQL 9; {@code MYSQL_IMAGE} names another one. */
  MYSQL("MYSQL_IMAGE", "mysql", ":9"),
  /** Kubernetes; {@code K3S_IMAGE} names another one. */
  K3S("K3S_IMAGE", "rancher/k3s", ":v1.34.1-k3s1");

  /** The container that removes others when a JVM ends in any way, as Testcontainers names it. */
  static final String SWEEPER = "testcontainers/ryuk:0.14.0";

  private static final Images IMAGES =
      new Images(root().resolve("target").resolve("images-missing"), Duration.ofSeconds(15));

  private static final Map<TestImage, Optional<String>> MISSING = new EnumMap<>(TestImage.class);

  private final String image;
  private final String known;

  TestImage(String variable, String known, String tag) {
    this.image = System.getenv().getOrDefault(variable, known + tag);
    this.known = known;
  }

  /** For Docker. */
  public String image() {
    return image;
  }

  /** For Testcontainers. */
  public DockerImageName of() {
    return DockerImageName.parse(image).asCompatibleSubstituteFor(known);
  }

  /**
   * Why its containers can't be run, empty where they can. Gets the image where it is not there,
   * which takes as long as its download; that it can't be had is known in 15 seconds, to all JVMs
   * of a build.
   */
  public Optional<String> missing() {
    synchronized (MISSING) {
      return MISSING.computeIfAbsent(this, TestImage::look);
    }
  }

  /** Leaves the calling test out where this image can't be had, and says so. */
  public void need(String tests) {
    missing()
        .ifPresent(
            why -> {
              System.out.println("[LEFT OUT] " + tests + ": " + why);
              Assumptions.abort(tests + ": " + why);
            });
  }

  private Optional<String> look() {
    boolean swept = !Boolean.parseBoolean(System.getenv("TESTCONTAINERS_RYUK_DISABLED"));
    return Stream.concat(Stream.of(image), swept ? Stream.of(SWEEPER) : Stream.of())
        .map(IMAGES::missing)
        .flatMap(Optional::stream)
        .findFirst();
  }

  /** The project's, from whichever module's folder. */
  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    for (Path at = here; at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve(".mvn"))) {
        return at;
      }
    }
    return here;
  }
}
