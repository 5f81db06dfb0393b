package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an operator told the components of the release before: components of that release run under
 * this operator, so it goes on telling them all of that, by the same names.
 */
final class ReleasesTest {
  private static final Path CONTRACTS = Path.of("src", "test", "contracts");

  static List<Path> releases() throws IOException {
    try (Stream<Path> folders = Files.list(CONTRACTS)) {
      return folders.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("releases")
  void components_of_a_release_are_told_all_that_its_own_operator_told_them(Path release)
      throws IOException {
    var pipeline =
        Serialization.unmarshal(
            Files.readString(release.resolve("pipeline.yaml")), OutboxPipeline.class);
    pipeline.getMetadata().setNamespace("shop");
    pipeline.getMetadata().setUid("uid-1");
    assertThat(told(pipeline)).containsAll(Files.readAllLines(release.resolve("pods.txt")));
  }

  /** As lines: the component, a kind of thing, its name. */
  private static Set<String> told(OutboxPipeline pipeline) {
    var told = new TreeSet<String>();
    var wanted =
        new Wanted(
            pipeline,
            Pipelines.IMAGES,
            Optional.of(Pipelines.QUEUE),
            Pipelines.NOTHING,
            Map.of(),
            Pipelines.API_SERVER);
    for (HasMetadata object : wanted.objects()) {
      Optional.ofNullable(object.getMetadata().getLabels())
          .map(labels -> labels.get("app.kubernetes.io/component"))
          .ifPresent(component -> of(object).forEach(line -> told.add(component + " " + line)));
    }
    return told;
  }

  private static Set<String> of(HasMetadata object) {
    var lines = new TreeSet<String>();
    if (object instanceof ConfigMap map) {
      map.getData().keySet().forEach(name -> lines.add("env " + name));
    }
    if (object instanceof Deployment deployment) {
      for (Container container : deployment.getSpec().getTemplate().getSpec().getContainers()) {
        container.getEnv().forEach(v -> lines.add("env " + v.getName()));
        for (ContainerPort port : container.getPorts()) {
          lines.add("port " + port.getName() + "=" + port.getContainerPort());
        }
        Stream.of(
                container.getStartupProbe(),
                container.getLivenessProbe(),
                container.getReadinessProbe())
            .flatMap(p -> Optional.ofNullable(p).stream())
            .forEach(p -> lines.add("health " + p.getHttpGet().getPath()));
      }
    }
    return lines;
  }
}
