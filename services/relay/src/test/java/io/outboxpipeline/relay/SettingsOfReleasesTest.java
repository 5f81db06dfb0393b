package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.relay.lease.Leases;
import io.outboxpipeline.runtime.Settings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the operators of former releases say to a relay: after a roll back of the operator it is all
 * that a newer relay is told.
 */
final class SettingsOfReleasesTest {

  static List<Path> releases() throws IOException {
    try (Stream<Path> folders = Files.list(Path.of("src", "test", "contracts"))) {
      return folders.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void a_relay_starts_with_what_an_operator_of_a_release_says(Path release) throws IOException {
    var properties = new Properties();
    try (Reader reader = Files.newBufferedReader(release.resolve("relay.properties"))) {
      properties.load(reader);
    }
    var environment = new HashMap<String, String>();
    properties.stringPropertyNames().forEach(n -> environment.put(n, properties.getProperty(n)));
    // A newer operator says more; a relay is not disturbed by what it does not know.
    environment.put("RELAY_OF_LATER", "what is that");
    RelaySettings settings = RelaySettings.read(Settings.of(environment));
    assertThat(settings.member()).isEqualTo("spending-relay-0.5f0c");
    assertThat(settings.leases())
        .isEqualTo(
            new Leases.Kubernetes(
                "shop", "spending", Optional.of(new Leases.Pod("spending-relay-0", "5f0c"))));
    assertThat(settings.timing().leaseDuration()).isEqualTo(Duration.ofSeconds(15));
  }
}
