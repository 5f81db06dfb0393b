package io.outboxpipeline.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.FaultySqs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;

/** An SQS peer on port 9324, its queues in memory; port 9325 tells what it was sent. */
public final class QueueServer {
  private QueueServer() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    var sent = new SentEvents();
    HttpServer counts = HttpServer.create(new InetSocketAddress(9325), 0);
    counts.createContext(
        "/",
        exchange -> {
          byte[] answer = sent.counts().getBytes(UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          try (var body = exchange.getResponseBody()) {
            body.write(answer);
          }
        });
    counts.start();
    try (var peer = EmbeddedSqs.start(0);
        var front = new FaultySqs(peer.endpoint(), new InetSocketAddress(9324), sent::accepted)) {
      System.out.println("An SQS peer at " + front.endpoint());
      new CountDownLatch(1).await();
    }
  }
}
