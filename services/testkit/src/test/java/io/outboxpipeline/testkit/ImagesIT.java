package io.outboxpipeline.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** This machine's own engine, and a registry that takes connections and says nothing. */
final class ImagesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Queue<Socket> asked = new ConcurrentLinkedQueue<>();
  private final ServerSocket silent;
  private final String image;
  private final Path folder;

  ImagesIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    image = "127.0.0.1:" + silent.getLocalPort() + "/nobody/has:1";
    Thread.ofVirtual().start(this::accept);
  }

  private void accept() {
    try {
      while (true) {
        asked.add(silent.accept());
      }
    } catch (IOException closed) {
      // The end of the test.
    }
  }

  @AfterEach
  void close() throws IOException {
    silent.close();
    for (Socket socket : asked) {
      socket.close();
    }
  }

  @BeforeEach
  void needDocker() throws IOException {
    try (var closed = new ServerSocket(0)) {
      var none = "127.0.0.1:" + closed.getLocalPort() + "/x:1";
      missing(none)
          .filter(why -> why.contains("no Docker engine"))
          .ifPresent(
              why -> {
                System.out.println("[LEFT OUT] which images can be had: " + why);
                Assumptions.abort(why);
              });
    }
  }

  private Optional<String> missing(String of) {
    return new Images(folder, PATIENCE).missing(of);
  }

  @Test
  void a_registry_that_says_nothing_is_given_up_when_patience_ends() {
    long begin = System.nanoTime();
    assertThat(missing(image)).get().asString().contains(image, "no answer within 2 s");
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isBetween(PATIENCE, PATIENCE.multipliedBy(10));
  }

  @Test
  void a_refusal_is_told_in_the_engine_s_words() throws IOException {
    silent.close();
    assertThat(missing(image)).get().asString().contains(image, "connection refused");
  }

  @Test
  void what_can_t_be_had_is_asked_for_once() {
    Optional<String> first = missing(image);
    int connections = asked.size();
    assertThat(connections).isPositive();
    assertThat(missing(image)).isEqualTo(first);
    assertThat(asked).hasSize(connections);
  }

  @Test
  void it_is_asked_for_again_after_half_an_hour() throws IOException {
    missing(image);
    int connections = asked.size();
    try (Stream<Path> files = Files.list(folder)) {
      Path of = files.filter(f -> f.toString().contains("nobody")).findFirst().orElseThrow();
      Files.setLastModifiedTime(of, FileTime.from(Instant.now().minus(Duration.ofMinutes(31))));
    }
    missing(image);
    assertThat(asked).hasSizeGreaterThan(connections);
  }

  @Test
  void the_sweeper_is_the_one_that_testcontainers_starts() throws IOException {
    try (var code =
        Objects.requireNonNull(
            getClass().getResourceAsStream("/org/testcontainers/utility/RyukContainer.class"))) {
      assertThat(new String(code.readAllBytes(), ISO_8859_1)).contains(TestImage.SWEEPER);
    }
  }
}
