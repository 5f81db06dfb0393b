package io.outboxpipeline.runtime;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * A server's connections. Each has deadlines, and all of them together a limit to their number and
 * to the bytes that they have sent of requests not answered yet. Where one is reached, those that
 * let the server wait longest make room, so that a flood of slow clients leaves others served.
 * Helidon has none of this: its limit of connections lets newcomers wait, probes among them.
 * Thread-safe.
 */
final class Peers implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofMillis(100);

  /** Who sends a request in one go has sent it by then. */
  private static final Duration SLOW = Duration.ofSeconds(1);

  private final ConnectionLimits limits;
  private final Set<Peer> all = ConcurrentHashMap.newKeySet();
  private final AtomicLong held = new AtomicLong();
  private final Thread watch;

  Peers(String name, ConnectionLimits limits) {
    this.limits = limits;
    watch = Thread.ofVirtual().name(name + "-connections").start(this::watch);
  }

  /**
   * One more connection.
   *
   * @throws CloseConnectionException if there are too many, and all are at work
   */
  Peer admit(HelidonSocket socket) {
    var peer = new Peer(socket, this);
    all.add(peer);
    if (all.size() > limits.connections()) {
      prune();
    }
    if (all.size() > limits.connections() && !makeRoom(peer)) {
      forget(peer);
      throw new CloseConnectionException("too many connections, and all are at work");
    }
    return peer;
  }

  int count() {
    return all.size();
  }

  long heldBytes() {
    return held.get();
  }

  /**
   * Counts bytes that have come.
   *
   * @return false if there are too many, and nobody else's to give up
   */
  boolean hold(int bytes, Peer newest) {
    if (held.addAndGet(bytes) <= limits.bodyBytes()) {
      return true;
    }
    prune();
    while (held.get() > limits.bodyBytes()) {
      Optional<Peer> slowest = longest(p -> p != newest && p.unfinished() && p.held() > 0);
      if (slowest.isEmpty()) {
        return false;
      }
      slowest.get().end(Status.SERVICE_UNAVAILABLE_503);
      forget(slowest.get());
    }
    return true;
  }

  void release(long bytes) {
    held.addAndGet(-bytes);
  }

  private boolean makeRoom(Peer newest) {
    Optional<Peer> victim =
        longest(p -> p != newest && p.unfinished() && p.waited().compareTo(SLOW) > 0)
            .or(() -> longest(p -> p != newest && p.waits() && !p.unfinished()))
            .or(() -> longest(p -> p != newest && p.waits()));
    victim.ifPresent(
        p -> {
          p.end(Status.SERVICE_UNAVAILABLE_503);
          forget(p);
        });
    return victim.isPresent();
  }

  private Optional<Peer> longest(Predicate<Peer> which) {
    return all.stream().filter(which).max(Comparator.comparing(Peer::waited));
  }

  private void forget(Peer peer) {
    if (all.remove(peer)) {
      peer.letGo();
    }
  }

  private void prune() {
    all.stream().filter(p -> !p.open()).forEach(this::forget);
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(PERIOD);
        prune();
        all.forEach(p -> p.check(limits));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    watch.interrupt();
  }
}
