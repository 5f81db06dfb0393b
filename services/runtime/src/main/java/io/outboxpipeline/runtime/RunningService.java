package io.outboxpipeline.runtime;

/** A service that was started, alone in its process or beside others. */
public interface RunningService extends AutoCloseable {

  /** Its HTTP server. */
  ServiceServer server();

  /** The port it listens on. */
  default int port() {
    return server().port();
  }

  /** Stops gracefully, within the shutdown grace; a second call does nothing. */
  @Override
  void close();
}
