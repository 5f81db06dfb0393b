package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Messages to be received, made before anybody asks for them. Thread-safe. */
final class Prepared {
  static final int MESSAGES_PER_RECEIVE = 10;

  private static final JsonFactory JSON = new JsonFactory();
  private static final URI SOURCE = URI.create("/bench");
  private static final String NAME = "n".repeat(90);
  private static final long POLL_MILLIS = 1_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition some = lock.newCondition();
  private final Queue<String> answers = new ArrayDeque<>();
  private long firstTaken;
  private long lastDeleted;
  private int deleted;

  /** How many were deleted, and the nanoseconds from the first receive to the last deletion. */
  record Progress(int deleted, long nanos) {}

  /** Makes messages of spendings, those of one aggregate in order, and gives them out at once. */
  void make(String prefix, int events, int aggregates, int pack) {
    var made = new ArrayList<String>();
    var messages = new ArrayList<String>(MESSAGES_PER_RECEIVE);
    for (int n = 0; n < events; n += pack) {
      messages.add(message(prefix, n, aggregates, pack));
      if (messages.size() == MESSAGES_PER_RECEIVE || n + pack >= events) {
        made.add("{\"Messages\":[" + String.join(",", messages) + "]}");
        messages.clear();
      }
    }
    lock.lock();
    try {
      answers.addAll(made);
      deleted = 0;
      firstTaken = 0;
      some.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static String message(String prefix, int first, int aggregates, int pack) {
    int number = first / pack;
    var aggregate = new Aggregate("spending", prefix + number % aggregates);
    long sequence = (long) (number / aggregates) * pack;
    List<String> events = new ArrayList<>(pack);
    for (int i = 1; i <= pack; i++) {
      events.add(CloudEventsCodec.encode(event(aggregate, sequence + i), SOURCE, 1));
    }
    String body = pack == 1 ? events.getFirst() : CloudEventsCodec.pack(events);
    return "{\"MessageId\":\"%1$s\",\"ReceiptHandle\":\"%1$s\",\"MD5OfBody\":\"%2$s\",\"Body\":\"%3$s\"}"
        .formatted(
            prefix + number,
            SentMessage.md5(body.getBytes(UTF_8)),
            new String(JsonStringEncoder.getInstance().quoteAsString(body)));
  }

  private static Event event(Aggregate aggregate, long sequence) {
    String payload =
        """
        {"identity":"%s","name":"%s","surname":"%s","amount":"12.50","createdAt":"2026-01-01T00:00:00Z"}"""
            .formatted(aggregate.id(), NAME, NAME);
    return new Event(
        UUID.randomUUID(),
        aggregate,
        sequence,
        "spending.created",
        Instant.now(),
        Event.JSON,
        payload.getBytes(UTF_8),
        Map.of());
  }

  /** The answer to a receive: up to ten messages, or none after a second. */
  String receive() throws InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS);
      while (answers.isEmpty() && left > 0) {
        left = some.awaitNanos(left);
      }
      String answer = answers.poll();
      if (answer == null) {
        return "{}";
      }
      firstTaken = firstTaken == 0 ? System.nanoTime() : firstTaken;
      return answer;
    } finally {
      lock.unlock();
    }
  }

  /** The answer to a DeleteMessageBatch. */
  String delete(byte[] request) throws IOException {
    List<String> ids = new ArrayList<>();
    try (JsonParser json = JSON.createParser(request)) {
      for (JsonToken t = json.nextToken(); t != null; t = json.nextToken()) {
        if (t == JsonToken.FIELD_NAME && json.currentName().equals("Id")) {
          ids.add("{\"Id\":\"" + json.nextTextValue() + "\"}");
        }
      }
    }
    lock.lock();
    try {
      deleted += ids.size();
      lastDeleted = System.nanoTime();
    } finally {
      lock.unlock();
    }
    return "{\"Successful\":[" + String.join(",", ids) + "]}";
  }

  Progress progress() {
    lock.lock();
    try {
      return new Progress(deleted, lastDeleted - firstTaken);
    } finally {
      lock.unlock();
    }
  }
}
