package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

/**
 * A process that speaks enough of SQS (AWS JSON protocol) to be sent to: accepts everything, at
 * once or after a set latency, checks the order, and forgets the messages. {@code GET /summary}
 * tells, {@code POST /reset?latency=8} begins anew.
 */
final class Endpoint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE = "application/x-amz-json-1.0";

  private final Arrivals arrivals = new Arrivals();
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
    routing.post("/reset", this::reset).get("/summary", this::summary).post("/{+any}", this::sqs);
  }

  private void reset(ServerRequest request, ServerResponse response) {
    latency = Duration.ofMillis(Long.parseLong(request.query().first("latency").orElse("0")));
    arrivals.reset();
    response.send();
  }

  private void summary(ServerRequest request, ServerResponse response) throws IOException {
    response.send(JSON.writeValueAsBytes(arrivals.summary()));
  }

  private void sqs(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    String target = request.headers().first(HeaderNames.create("x-amz-target")).orElse("");
    byte[] body = request.content().as(byte[].class);
    ObjectNode answer =
        switch (target.substring(target.indexOf('.') + 1)) {
          case "GetQueueUrl" ->
              JSON.createObjectNode().put("QueueUrl", "http://127.0.0.1/000000000000/bench.fifo");
          case "GetQueueAttributes" -> {
            ObjectNode attributes = JSON.createObjectNode();
            attributes.putObject("Attributes").put("MaximumMessageSize", "1048576");
            yield attributes;
          }
          case "SendMessageBatch" -> send(JSON.readTree(body));
          default -> throw new IllegalArgumentException(target);
        };
    response.header("content-type", TYPE).send(JSON.writeValueAsBytes(answer));
  }

  private ObjectNode send(JsonNode request) throws IOException, InterruptedException {
    ObjectNode answer = JSON.createObjectNode();
    var successful = answer.putArray("Successful");
    for (JsonNode entry : request.get("Entries")) {
      String message = entry.get("MessageBody").asText();
      arrivals.message();
      JsonNode events = JSON.readTree(message);
      if (events.isArray()) {
        events.forEach(this::event);
      } else {
        event(events);
      }
      successful
          .addObject()
          .put("Id", entry.get("Id").asText())
          .put("MessageId", "m")
          .put("MD5OfMessageBody", md5(message))
          .put("SequenceNumber", "1");
    }
    if (!latency.isZero()) {
      Thread.sleep(latency);
    }
    return answer;
  }

  private void event(JsonNode event) {
    arrivals.event(event.get("subject").asText(), event.get("sequence").asLong());
  }

  private static String md5(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
