package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.bench.Arrivals.Arrived;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that speaks enough of SQS (AWS JSON protocol) to be sent to: accepts everything, at
 * once or after a set latency, remembers when what came, and forgets the messages themselves.
 * {@code POST /reset?latency=8} begins anew. What is received from it was prepared before.
 */
final class Endpoint {
  private static final JsonFactory JSON = new JsonFactory();
  private static final HeaderName TARGET = HeaderNames.create("x-amz-target");
  private static final String TYPE = "application/x-amz-json-1.0";

  private final Arrivals arrivals = new Arrivals();
  private final Prepared prepared = new Prepared();
  private volatile Duration latency = Duration.ZERO;

  private Endpoint() {}

  public static void main(String[] args) {
    var endpoint = new Endpoint();
    WebServer.builder()
        .host("127.0.0.1")
        .port(Integer.parseInt(System.getenv("ENDPOINT_PORT")))
        .maxPayloadSize(4 << 20)
        .routing(endpoint::route)
        .build()
        .start();
  }

  private void route(HttpRouting.Builder routing) {
    routing
        .post("/", this::sqs)
        .post("/reset", this::reset)
        .get("/count", (_, response) -> response.send(Integer.toString(arrivals.count())))
        .get("/arrivals", this::arrivals)
        .post("/prepare", this::prepare)
        .get("/progress", this::progress);
  }

  private void reset(ServerRequest request, ServerResponse response) {
    latency = Duration.ofMillis(Long.parseLong(request.query().first("latency").orElse("0")));
    arrivals.reset();
    response.send();
  }

  private void prepare(ServerRequest request, ServerResponse response) {
    UriQuery query = request.query();
    prepared.make(
        query.get("prefix"),
        Integer.parseInt(query.get("events")),
        Integer.parseInt(query.get("aggregates")),
        Integer.parseInt(query.get("pack")));
    response.send();
  }

  private void progress(ServerRequest request, ServerResponse response) {
    Prepared.Progress progress = prepared.progress();
    response.send(progress.deleted() + " " + progress.nanos());
  }

  private void arrivals(ServerRequest request, ServerResponse response) throws IOException {
    try (var out =
        new DataOutputStream(new BufferedOutputStream(response.outputStream(), 1 << 16))) {
      arrivals.writeTo(out);
    }
  }

  private void sqs(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    String target = request.headers().first(TARGET).orElse("");
    byte[] body = request.content().as(byte[].class);
    long now = System.nanoTime();
    String answer =
        switch (target.substring(target.indexOf('.') + 1)) {
          case "GetQueueUrl" -> "{\"QueueUrl\":\"http://127.0.0.1/000000000000/bench.fifo\"}";
          case "GetQueueAttributes" ->
              "{\"Attributes\":{\"MaximumMessageSize\":\"1048576\",\"VisibilityTimeout\":\"30\"}}";
          case "SendMessageBatch" -> send(now, body);
          case "ReceiveMessage" -> prepared.receive();
          case "DeleteMessageBatch" -> prepared.delete(body);
          default -> throw new IllegalArgumentException(target);
        };
    response.header(HeaderNames.CONTENT_TYPE, TYPE).send(answer.getBytes(UTF_8));
  }

  private String send(long now, byte[] request) throws IOException, InterruptedException {
    List<SentMessage> messages = SentMessage.all(request);
    var arrived = new ArrayList<Arrived>();
    var answer = new StringBuilder("{\"Successful\":[");
    for (SentMessage message : messages) {
      events(message.body(), arrived);
      message.accepted(answer);
    }
    arrivals.add(now, messages.size(), arrived);
    Duration pause = latency;
    if (!pause.isZero()) {
      Thread.sleep(pause.minusNanos(System.nanoTime() - now));
    }
    return answer.append("]}").toString();
  }

  /** The events of a message's body: one CloudEvent, or an array of them. */
  private static void events(byte[] body, List<Arrived> events) throws IOException {
    try (JsonParser json = JSON.createParser(body)) {
      for (JsonToken t = json.nextToken(); t != null; t = json.nextToken()) {
        if (t == JsonToken.START_OBJECT) {
          events.add(event(json));
        }
      }
    }
  }

  private static Arrived event(JsonParser json) throws IOException {
    String aggregate = "";
    int sequence = 0;
    long written = 0;
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      JsonToken value = json.nextToken();
      switch (name) {
        case "subject" -> aggregate = json.getText();
        case "sequence" -> sequence = Integer.parseInt(json.getText());
        case "data" -> written = value == JsonToken.START_OBJECT ? written(json) : 0;
        default -> json.skipChildren();
      }
    }
    return new Arrived(aggregate, sequence, written);
  }

  private static long written(JsonParser json) throws IOException {
    long written = 0;
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      JsonToken value = json.nextToken();
      if (name.equals(Payload.WRITTEN) && value == JsonToken.VALUE_NUMBER_INT) {
        written = json.getLongValue();
      } else {
        json.skipChildren();
      }
    }
    return written;
  }
}
