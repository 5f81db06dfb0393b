package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The schema refuses typos, and says where they are. */
final class ValuesSchemaTest {
  /** Whatever Kubernetes or Helm has there; the API server checks it. */
  private static final Set<String> OPEN =
      Set.of("kubernetes", "extraVolumes", "extraObjects", "global");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{replica: 3}                                          | 'replica'",
        "{replicas: two}                                       | /replicas",
        "{replicas: -1}                                        | /replicas",
        "{watchNamespaces: shop}                               | /watchNamespaces",
        "{watchNamespaces: ['*']}                              | /watchNamespaces/0",
        "{watchNamespaces: [shop, shop]}                       | /watchNamespaces",
        "{watchNamespace: [shop]}                              | 'watchNamespace'",
        "{image: {tags: '1'}}                                  | 'tags'",
        "{image: {tag: 1.0}}                                   | /image/tag",
        "{image: {digest: abc}}                                | /image/digest",
        "{image: {repository: 'Example/operator:1'}}           | /image/repository",
        "{image: {registry: 'https://example.com'}}            | /image/registry",
        "{image: {pullPolicy: Sometimes}}                      | /image/pullPolicy",
        "{components: {realy: {tag: '1'}}}                     | 'realy'",
        "{components: {relay: {digest: 'sha256:1'}}}           | /components/relay/digest",
        "{imagePullSecrets: [registry]}                        | /imagePullSecrets/0",
        "{operator: {resync: 5}}                               | /operator/resync",
        "{operator: {resync: five minutes}}                    | /operator/resync",
        "{operator: {log: {level: verbose}}}                   | /operator/log/level",
        "{operator: {namespaces: [shop]}}                      | 'namespaces'",
        "{operator: {queues: [{namespaces: [shop]}]}}          | 'names'",
        "{operator: {queues: [{namespaces: [a], names: [b], deletes: true}]}} | 'deletes'",
        "{podDisruptionBudget: {minAvailable: 1}}              | 'minAvailable'",
        "{crds: {install: true}}                               | 'install'",
        "{crds: {keep: 'no'}}                                  | /crds/keep",
        "{rbac: {enabled: true}}                               | 'enabled'",
        "{serviceAccount: {annotation: {a: b}}}                | 'annotation'",
        "{serviceAccount: {annotations: {a: 1}}}               | /serviceAccount/annotations/a",
        "{serviceAccount: {name: Operator}}                    | /serviceAccount/name",
        "{resources: {requests: {cpus: 1}}}                    | 'cpus'",
        "{resources: {limits: {memory: 1GB}}}                  | /resources/limits/memory",
        "{resources: {request: {cpu: 1}}}                      | 'request'",
        "{probes: {liveness: {period: 3}}}                     | 'period'",
        "{probes: {ready: {periodSeconds: 3}}}                 | 'ready'",
        "{podSecurityContext: {runAsNonroot: true}}            | 'runAsNonroot'",
        "{securityContext: {privileged: true}}                 | 'privileged'",
        "{podLabels: {app.kubernetes.io/name: mine}}           | 'app.kubernetes.io/name'",
        "{podAnnotations: {a: true}}                           | /podAnnotations/a",
        "{tolerations: [{effects: NoSchedule}]}                | 'effects'",
        "{affinity: {nodeaffinity: {}}}                        | 'nodeaffinity'",
        "{extraEnv: [{name: OPERATOR_LEASE, value: x}]}        | /extraEnv/0/name",
        "{extraEnv: [{key: A, value: x}]}                      | 'key'",
        "{extraEnv: [{name: A, valueFrom: {secretRef: {}}}]}   | 'secretRef'",
        "{extraVolumes: [{name: tmp, emptyDir: {}}]}           | /extraVolumes/0",
        "{extraVolumeMounts: [{name: a, path: /a}]}            | 'path'",
        "{networkPolicy: {egressPorts: [70000]}}               | /networkPolicy/egressPorts/0",
        "{networkPolicy: {enabled: 'true'}}                    | /networkPolicy/enabled",
        "{serviceMonitor: {interval: 30}}                      | /serviceMonitor/interval",
        "{prometheusRule: {disabled: [RelayLag]}}              | /prometheusRule/disabled/0",
        "{grafanaDashboard: {label: {a: b}}}                   | 'label'",
        "{extraObjects: {kind: ConfigMap}}                     | /extraObjects",
      })
  void a_wrong_value_is_refused_by_its_key(String values, String key) throws Exception {
    Path file = Files.createTempFile("values", ".yaml");
    Files.writeString(file, values);
    Command.Result result =
        Program.HELM.run("template", "x", Chart.FOLDER.toString(), "-f", file.toString());
    Files.delete(file);
    assertThat(result.exit()).as(result.output()).isNotZero();
    assertThat(result.errors()).contains("don't meet the specifications").contains(key);
  }

  @Test
  void no_object_takes_keys_that_are_not_named() {
    var open = new ArrayList<String>();
    collect("", Chart.parse(Chart.read("values.schema.json")).getFirst(), open);
    assertThat(open).isEmpty();
  }

  private static void collect(String path, JsonNode node, List<String> open) {
    boolean object =
        node.path("type").asText().equals("object")
            || (node.path("type").isArray() && node.path("type").toString().contains("object"));
    if (object && !node.has("additionalProperties") && OPEN.stream().noneMatch(path::contains)) {
      open.add(path);
    }
    if (node.isObject()) {
      node.properties().forEach(f -> collect(path + "/" + f.getKey(), f.getValue(), open));
    } else if (node.isArray()) {
      node.forEach(item -> collect(path + "/-", item, open));
    }
  }

  @Test
  void alerts_that_may_be_left_out_are_those_that_there_are() {
    var known = new ArrayList<String>();
    Chart.parse(Chart.read("values.schema.json"))
        .getFirst()
        .at("/properties/prometheusRule/properties/disabled/items/enum")
        .forEach(a -> known.add(a.asText()));
    assertThat(known).isEqualTo(Alerts.names());
  }
}
