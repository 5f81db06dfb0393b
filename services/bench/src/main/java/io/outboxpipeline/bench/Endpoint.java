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
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.TreeSet;

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
    routing.post("/reset", this::reset).get("/summary", this::summary).post("/", this::sqs);
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
          .put("MD5OfMessageBody", md5(message.getBytes(UTF_8)))
          .put("MD5OfMessageAttributes", md5(digested(entry.path("MessageAttributes"))))
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

  /** What SQS digests of attributes that are strings: lengths and texts, by name. */
  private static byte[] digested(JsonNode attributes) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    var names = new TreeSet<String>();
    attributes.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      writeText(out, name);
      writeText(out, attributes.get(name).get("DataType").asText());
      out.writeByte(1);
      writeText(out, attributes.get(name).get("StringValue").asText());
    }
    return bytes.toByteArray();
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  private static String md5(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
