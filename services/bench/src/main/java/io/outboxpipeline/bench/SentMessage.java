package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An entry of a SendMessageBatch request.
 *
 * @param attributes string attributes by name
 */
@SuppressWarnings("ArrayRecordComponent") // not compared by value
record SentMessage(String id, byte[] body, SortedMap<String, Attribute> attributes) {
  private static final JsonFactory JSON = new JsonFactory();

  record Attribute(String type, String value) {}

  /** The entries of a request. */
  static List<SentMessage> all(byte[] request) throws IOException {
    var messages = new ArrayList<SentMessage>();
    try (JsonParser json = JSON.createParser(request)) {
      json.nextToken();
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        json.nextToken();
        if (name.equals("Entries")) {
          while (json.nextToken() == JsonToken.START_OBJECT) {
            messages.add(entry(json));
          }
        } else {
          json.skipChildren();
        }
      }
    }
    return messages;
  }

  private static SentMessage entry(JsonParser json) throws IOException {
    String id = "";
    byte[] body = {};
    var attributes = new TreeMap<String, Attribute>();
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      json.nextToken();
      switch (name) {
        case "Id" -> id = json.getText();
        case "MessageBody" -> body = json.getText().getBytes(UTF_8);
        case "MessageAttributes" -> attributes(json, attributes);
        default -> json.skipChildren();
      }
    }
    return new SentMessage(id, body, attributes);
  }

  private static void attributes(JsonParser json, Map<String, Attribute> attributes)
      throws IOException {
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      json.nextToken();
      String type = "";
      String value = "";
      for (String part = json.nextFieldName(); part != null; part = json.nextFieldName()) {
        String text = json.nextTextValue();
        switch (part) {
          case "DataType" -> type = text;
          case "StringValue" -> value = text;
          default -> {}
        }
      }
      attributes.put(name, new Attribute(type, value));
    }
  }

  /** Appends the answer that says it was taken. */
  void accepted(StringBuilder answer) throws IOException {
    answer
        .append(answer.charAt(answer.length() - 1) == '[' ? "" : ",")
        .append("{\"Id\":\"")
        .append(id)
        .append("\",\"MessageId\":\"m\",\"SequenceNumber\":\"1\",\"MD5OfMessageBody\":\"")
        .append(md5(body))
        .append('"');
    if (!attributes.isEmpty()) {
      answer.append(",\"MD5OfMessageAttributes\":\"").append(md5(digested())).append('"');
    }
    answer.append('}');
  }

  /** What SQS digests of attributes that are strings: lengths and texts, by name. */
  private byte[] digested() throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    for (var attribute : attributes.entrySet()) {
      writeText(out, attribute.getKey());
      writeText(out, attribute.getValue().type);
      out.writeByte(1);
      writeText(out, attribute.getValue().value);
    }
    return bytes.toByteArray();
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  static String md5(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
