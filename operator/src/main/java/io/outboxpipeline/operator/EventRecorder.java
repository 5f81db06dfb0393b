package io.outboxpipeline.operator;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.model.Wanted;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/** Writes notices as Kubernetes Events; the same one again counts up. Never fails a reconcile. */
final class EventRecorder {
  private static final System.Logger LOG = System.getLogger(EventRecorder.class.getName());

  private final KubernetesClient client;
  private final InstantSource clock;

  EventRecorder(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  void record(OutboxPipeline pipeline, List<Notice> notices) {
    for (Notice notice : notices) {
      try {
        write(pipeline, notice);
      } catch (KubernetesClientException e) {
        // In a namespace that ends, no Event can be written: this line is all that is left.
        LOG.log(
            WARNING,
            "{0}/{1}: {2}, {3} (no Event: {4})",
            pipeline.getMetadata().getNamespace(),
            pipeline.getMetadata().getName(),
            notice.reason(),
            notice.message(),
            e.getMessage());
      }
    }
  }

  private void write(OutboxPipeline pipeline, Notice notice) {
    var meta = pipeline.getMetadata();
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    Event first =
        new EventBuilder()
            .withNewMetadata()
            .withName(meta.getName() + "." + digest(meta.getUid(), notice))
            .withNamespace(meta.getNamespace())
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion(pipeline.getApiVersion())
            .withKind(pipeline.getKind())
            .withName(meta.getName())
            .withNamespace(meta.getNamespace())
            .withUid(meta.getUid())
            .endInvolvedObject()
            .withType(notice.kind().name())
            .withReason(notice.reason())
            .withMessage(notice.message())
            .withFirstTimestamp(now)
            .withLastTimestamp(now)
            .withCount(1)
            .withNewSource()
            .withComponent(Wanted.FIELD_MANAGER)
            .endSource()
            .withReportingComponent(Wanted.FIELD_MANAGER)
            .withReportingInstance("")
            .build();
    var resource = client.resource(first);
    try {
      resource.create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      resource.edit(
          there ->
              new EventBuilder(there)
                  .withCount(Optional.ofNullable(there.getCount()).orElse(1) + 1)
                  .withLastTimestamp(now)
                  .build());
    }
  }

  private static String digest(String uid, Notice notice) {
    var crc = new CRC32C();
    crc.update((uid + notice.kind() + notice.reason() + notice.message()).getBytes(UTF_8));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }
}
