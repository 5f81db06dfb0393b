package io.outboxpipeline.operator.model;

import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.Locale;

/** Tells whether two pipelines name the same database. */
public final class Databases {
  private Databases() {}

  /** The same for the same database, however its Service is written. */
  public static String key(OutboxPipeline pipeline) {
    var database = pipeline.getSpec().database();
    String host = database.host().toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
    host = host.replaceFirst("\\.svc(\\.cluster\\.local)?$", "");
    if (host.indexOf('.') < 0 && host.indexOf(':') < 0) {
      host = host + "." + pipeline.getMetadata().getNamespace();
    }
    return host + ":" + database.port() + "/" + database.name();
  }
}
