package io.outboxpipeline.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Pipelines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.jse.JsePlatform;

/** The script that Argo CD runs, over the same pipelines as kstatus' rules. */
final class ArgoHealthTest {

  @Test
  void what_is_not_judged_yet_is_in_progress() throws IOException {
    OutboxPipeline fresh = Pipelines.of(KstatusTest.ONE);
    assertThat(health(fresh)).as("no status at all").isEqualTo("Progressing");
    fresh.setStatus(new OutboxPipelineStatus(-1L, List.of(), null, null, null, null));
    assertThat(health(fresh)).isEqualTo("Progressing");
    OutboxPipeline changed = KstatusTest.judged(KstatusTest.ONE, KstatusTest.rolled(), Map.of());
    changed.getMetadata().setGeneration(4L);
    assertThat(health(changed)).isEqualTo("Progressing");
  }

  @Test
  void a_pipeline_whose_events_flow_is_healthy() throws IOException {
    assertThat(health(KstatusTest.judged(KstatusTest.ONE, KstatusTest.rolled(), Map.of())))
        .isEqualTo("Healthy");
  }

  @Test
  void a_rollout_is_in_progress_and_one_that_can_not_go_on_is_degraded() throws IOException {
    assertThat(health(KstatusTest.judged(KstatusTest.ONE, KstatusTest.surging(), Map.of())))
        .isEqualTo("Progressing");
    var bad = Map.of(Component.RELAY, new Trouble("ImagePullBackOff", "no such image", true));
    assertThat(health(KstatusTest.judged(KstatusTest.ONE, KstatusTest.surging(), bad)))
        .isEqualTo("Degraded");
  }

  @Test
  void one_that_is_stopped_on_purpose_is_suspended() throws IOException {
    assertThat(
            health(
                KstatusTest.judged(
                    "paused: true\n" + KstatusTest.ONE, KstatusTest.stopped(), Map.of())))
        .isEqualTo("Suspended");
    assertThat(
            health(
                KstatusTest.judged(
                    "relay: {partitions: 1, replicas: 0}", KstatusTest.stopped(), Map.of())))
        .isEqualTo("Suspended");
  }

  @Test
  void one_that_is_deleted_drains() throws IOException {
    OutboxPipeline ending = KstatusTest.judged(KstatusTest.ONE, KstatusTest.rolled(), Map.of());
    ending.getMetadata().setDeletionTimestamp("2030-01-01T00:00:00Z");
    assertThat(health(ending)).isEqualTo("Progressing");
  }

  private static String health(OutboxPipeline pipeline) throws IOException {
    var lua = JsePlatform.standardGlobals();
    lua.set("obj", table(Serialization.unmarshal(Serialization.asJson(pipeline), Map.class)));
    LuaValue health = lua.load(Files.readString(Path.of("argocd-health.lua"))).call();
    assertThat(health.get("message").tojstring()).isNotBlank();
    return health.get("status").tojstring();
  }

  private static LuaValue table(@Nullable Object json) {
    return switch (json) {
      case null -> LuaValue.NIL;
      case Map<?, ?> map -> {
        var table = new LuaTable();
        map.forEach((key, value) -> table.set(String.valueOf(key), table(value)));
        yield table;
      }
      case List<?> list -> {
        var table = new LuaTable();
        list.forEach(item -> table.set(table.length() + 1, table(item)));
        yield table;
      }
      case Boolean b -> LuaValue.valueOf(b);
      case Number n -> LuaValue.valueOf(n.doubleValue());
      default -> LuaValue.valueOf(json.toString());
    };
  }
}
