package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.TRACE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One connection: what it waits for, since when, and how many bytes of its request are here. */
final class Peer {
  private static final System.Logger LOG = System.getLogger(Peer.class.getName());

  /** How long a client may take to take them. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  /** How far a connection is with its request. */
  private enum Phase {
    /** Nothing has come at all. */
    FRESH,
    /** A request was answered, and nothing has come since. */
    IDLE,
    /** The header comes. */
    HEADER,
    /** The header is there: the body comes, or the request is worked on. */
    BODY
  }

  private final HelidonSocket socket;
  private final Peers peers;
  private Phase phase = Phase.FRESH;
  private long since = System.nanoTime();
  private boolean reads;
  private boolean writes;
  private boolean last;
  private boolean ended;
  private long held;

  Peer(HelidonSocket socket, Peers peers) {
    this.socket = socket;
    this.peers = peers;
  }

  boolean open() {
    return socket.isConnected();
  }

  /** Before a read from the client. */
  synchronized void reads() {
    checkNotEnded();
    reads = true;
  }

  /** After it. */
  void read(byte @Nullable [] bytes) {
    synchronized (this) {
      reads = false;
      checkNotEnded();
      if (bytes == null) {
        if (phase == Phase.BODY) {
          throw new CloseConnectionException("the client left within its request");
        }
        return;
      }
      if (phase == Phase.FRESH || phase == Phase.IDLE) {
        enter(Phase.HEADER);
      }
      held += bytes.length;
    }
    if (!peers.hold(bytes.length, this)) {
      end(Status.SERVICE_UNAVAILABLE_503);
      checkNotEnded();
    }
  }

  /** After a read that failed. */
  synchronized void lost() {
    reads = false;
    checkNotEnded();
    if (phase == Phase.BODY) {
      throw new CloseConnectionException("the client's connection broke within its request");
    }
  }

  /** The header has ended. */
  synchronized void body() {
    enter(Phase.BODY);
  }

  /** The connection ends with the answer to this request. */
  synchronized void lastAnswer() {
    last = true;
  }

  /**
   * A request was answered; whether it was.
   *
   * @param more whether the beginning of the next one is there
   */
  synchronized boolean next(boolean more) {
    if (phase != Phase.BODY) {
      return false;
    }
    if (last) {
      throw new CloseConnectionException("the last answer was given");
    }
    enter(more ? Phase.HEADER : Phase.IDLE);
    letGo();
    return true;
  }

  synchronized void writes(boolean begins) {
    checkNotEnded();
    writes = begins;
    since = System.nanoTime();
  }

  /** What it held is no longer counted. */
  synchronized void letGo() {
    peers.release(held);
    held = 0;
  }

  private void enter(Phase next) {
    phase = next;
    since = System.nanoTime();
  }

  private synchronized void checkNotEnded() {
    if (ended) {
      throw new CloseConnectionException("this connection was closed, because it took too long");
    }
  }

  /** Closes it if it takes longer than it may. */
  synchronized void check(ConnectionLimits limits) {
    Duration waited = waited();
    Duration limit =
        switch (phase) {
          case FRESH, HEADER -> limits.header();
          case IDLE -> limits.idle();
          case BODY -> limits.body();
        };
    if (ended) {
      return;
    }
    if (writes && waited.compareTo(limits.body()) > 0) {
      ended = true;
      close();
    } else if (reads && waited.compareTo(limit) > 0) {
      end(Status.REQUEST_TIMEOUT_408);
    }
  }

  synchronized Duration waited() {
    return Duration.ofNanos(System.nanoTime() - since);
  }

  /** Whether it waits for its client, so that closing it breaks off no work. */
  synchronized boolean waits() {
    return reads && !ended;
  }

  /** Whether it waits for more of a request that has begun, or for the first one. */
  synchronized boolean unfinished() {
    return waits() && phase != Phase.IDLE;
  }

  /** Bytes of its request that are here. */
  synchronized long held() {
    return held;
  }

  /** Closes the connection, with a last answer where a request has begun. */
  synchronized void end(Status status) {
    if (ended) {
      return;
    }
    ended = true;
    boolean answer = phase == Phase.HEADER || phase == Phase.BODY;
    // On a thread of its own, because a client may not take even this.
    Thread.startVirtualThread(
        () -> {
          try {
            if (answer) {
              Thread.startVirtualThread(() -> say(status)).join(LAST_WORDS);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            close();
          }
        });
  }

  private void say(Status status) {
    try {
      socket.write(BufferData.create(lastWords(status)));
    } catch (RuntimeException e) {
      LOG.log(TRACE, "the client was gone", e);
    }
  }

  private void close() {
    try {
      socket.close();
    } catch (RuntimeException e) {
      LOG.log(TRACE, "closed already", e);
    }
  }

  private static byte[] lastWords(Status status) {
    String detail =
        status.code() == Status.REQUEST_TIMEOUT_408.code()
            ? "The request took longer to arrive than this service waits."
            : "This service has too many requests under way, and this one was the slowest.";
    byte[] body = Problem.of(status, detail).json().getBytes(UTF_8);
    String head =
        "HTTP/1.1 "
            + status.text()
            + "\r\nContent-Type: "
            + Problem.MEDIA_TYPE
            + "\r\nContent-Length: "
            + body.length
            + "\r\nConnection: close\r\n\r\n";
    var all = new ByteArrayOutputStream();
    all.writeBytes(head.getBytes(ISO_8859_1));
    all.writeBytes(body);
    return all.toByteArray();
  }
}
