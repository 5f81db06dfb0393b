package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** A pipeline's console on a real API server. */
@ResourceLock(value = Cluster.PIPELINES, mode = ResourceAccessMode.READ)
@ResourceLock(
    value = SharedOperatorCase.UNDISTURBED,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class ConsoleIT extends SharedOperatorCase {
  private static final String TOKEN = "operatorToken: {secretName: people, key: token}";

  private Resource<Deployment> console() {
    return client.apps().deployments().inNamespace(namespace).withName("shop-console");
  }

  private String image() {
    Deployment there = console().get();
    return there == null
        ? ""
        : there.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  private Resource<Service> service(String name) {
    return client.services().inNamespace(namespace).withName(name);
  }

  @Test
  void it_comes_with_the_field_changes_with_it_and_goes_with_it() {
    secret("people", Map.of("token", "a token of some length"));
    create("shop", "console: {" + TOKEN + "}");
    await().untilAsserted(() -> assertThat(image()).isEqualTo("example/console:1"));
    await().until(() -> service("shop-relay-pods").get() != null);
    String before = settings();

    edit("shop", "{\"spec\":{\"console\":{\"image\":\"other/console:2\"}}}");
    await().untilAsserted(() -> assertThat(image()).isEqualTo("other/console:2"));
    secret("people", Map.of("token", "another token, not shorter"));
    await().untilAsserted(() -> assertThat(settings()).isNotEqualTo(before));

    edit("shop", "{\"spec\":{\"console\":null}}");
    await().until(() -> console().get() == null && service("shop-console").get() == null);
    await().until(() -> service("shop-relay-pods").get() == null);
  }

  private String settings() {
    return console()
        .get()
        .getSpec()
        .getTemplate()
        .getMetadata()
        .getAnnotations()
        .getOrDefault("outboxpipeline.io/settings", "");
  }

  @Test
  void one_that_nobody_could_sign_in_to_is_refused() {
    assertThatThrownBy(() -> create("closed", "console: {replicas: 1}"))
        .hasMessageContaining("nobody could sign in");
    assertThatThrownBy(
            () -> create("weak", "console: {viewerToken: {secretName: people, key: token}}"))
        .hasMessageContaining("cookieSecret is needed");
    create(
        "open",
        "console: {cookieSecret: {secretName: people, key: cookie}, pod: {env: [{name: CONSOLE_REVIEW, value: \"true\"}]}}");
    pipelines("open").delete();
  }
}
