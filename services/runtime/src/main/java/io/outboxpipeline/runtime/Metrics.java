package io.outboxpipeline.runtime;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.jspecify.annotations.Nullable;

/** The meters of one service, the JVM's among them; services of one JVM do not share them. */
public final class Metrics implements AutoCloseable {
  /** OpenMetrics, the only text format that has exemplars. */
  static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

  static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry;
  private final JvmGcMetrics gc = new JvmGcMetrics();

  /** Without exemplars. */
  public Metrics() {
    this(Tracing.off());
  }

  /** Where there are spans, histograms keep for each bucket a trace that had such a value. */
  public Metrics(Tracing tracing) {
    registry =
        new PrometheusMeterRegistry(
            PrometheusConfig.DEFAULT,
            new PrometheusRegistry(),
            Clock.SYSTEM,
            tracing.on() ? new CurrentSpan() : null);
    registry.config().namingConvention(new Names());
    gc.bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  /** Where a service registers its counters, gauges and timers. */
  public MeterRegistry registry() {
    return registry;
  }

  /** All of them in Prometheus' text format 0.0.4. */
  public String scrape() {
    return scrape(TEXT);
  }

  /** All of them in the format of this media type. */
  String scrape(String mediaType) {
    return registry.scrape(mediaType);
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }

  /**
   * Prometheus' names, but a counter of what was created keeps that word: the client takes it for
   * OpenMetrics' time stamp of a counter, which the text format does not have, and cuts it off.
   */
  private static final class Names extends PrometheusNamingConvention {
    private static final String CREATED = "_created";

    @Override
    public String name(String name, Meter.Type type, @Nullable String baseUnit) {
      String shown = super.name(name, type, baseUnit);
      boolean cut = name.endsWith(".created") && !shown.endsWith(CREATED);
      return cut ? shown + CREATED : shown;
    }
  }
}
