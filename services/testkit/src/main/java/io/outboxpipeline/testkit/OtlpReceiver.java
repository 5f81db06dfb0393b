package io.outboxpipeline.testkit;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Takes spans by OTLP over HTTP, as a collector does, and keeps them. Thread-safe. */
public final class OtlpReceiver implements AutoCloseable {

  /**
   * One span that arrived.
   *
   * @param service the resource's service.name
   * @param parent empty if it is a root
   * @param links each as trace id, a hyphen, and span id
   */
  public record Span(
      String service,
      String name,
      String kind,
      String trace,
      String id,
      String parent,
      Map<String, String> attributes,
      List<String> links,
      boolean error) {}

  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Span> spans = new CopyOnWriteArrayList<>();

  public OtlpReceiver() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(executor);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  /** The variables that make a service send its spans here, soon. */
  public Map<String, String> environment() {
    return Map.of(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://127.0.0.1:" + server.getAddress().getPort(),
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "http/protobuf",
        "OTEL_BSP_SCHEDULE_DELAY",
        "100");
  }

  /** What has arrived so far. */
  public List<Span> spans() {
    return List.copyOf(spans);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      var request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
      request
          .getResourceSpansList()
          .forEach(
              r ->
                  r.getScopeSpansList()
                      .forEach(
                          s ->
                              s.getSpansList()
                                  .forEach(span -> spans.add(span(r.getResource(), span)))));
      exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private static Span span(Resource resource, io.opentelemetry.proto.trace.v1.Span span) {
    return new Span(
        attributes(resource.getAttributesList()).getOrDefault("service.name", ""),
        span.getName(),
        span.getKind().name(),
        hex(span.getTraceId()),
        hex(span.getSpanId()),
        hex(span.getParentSpanId()),
        attributes(span.getAttributesList()),
        span.getLinksList().stream()
            .map(l -> hex(l.getTraceId()) + "-" + hex(l.getSpanId()))
            .toList(),
        span.getStatus().getCodeValue() == 2);
  }

  private static Map<String, String> attributes(List<KeyValue> list) {
    var map = new LinkedHashMap<String, String>();
    for (KeyValue pair : list) {
      var value = pair.getValue();
      map.put(
          pair.getKey(),
          value.hasIntValue() ? Long.toString(value.getIntValue()) : value.getStringValue());
    }
    return map;
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  @Override
  public void close() {
    server.stop(0);
    executor.close();
  }
}
