package io.outboxpipeline.embedded;

import java.net.URI;
import org.elasticmq.rest.sqs.SQSRestServer;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;

/** An SQS peer (ElasticMQ) on the loopback interface, its queues in memory. Thread-safe. */
public final class EmbeddedSqs implements AutoCloseable {
  private final SQSRestServer server;
  private final int port;

  private EmbeddedSqs(SQSRestServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts a peer.
   *
   * @param port the TCP port, or 0 for a free one
   */
  public static EmbeddedSqs start(int port) {
    var loopback = SQSRestServerBuilder.withInterface("127.0.0.1");
    SQSRestServer server =
        (port == 0 ? loopback.withDynamicPort() : loopback.withPort(port)).start();
    return new EmbeddedSqs(server, server.waitUntilStarted().localAddress().getPort());
  }

  /** What the SDK takes as endpoint override; any region and any credentials do. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  @Override
  public void close() {
    server.stopAndWait();
  }
}
