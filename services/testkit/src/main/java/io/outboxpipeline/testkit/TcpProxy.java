package io.outboxpipeline.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;

/**
 * Stands between a service and its database, and can be taken away and put back at its port.
 * Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {
  private final int port;
  private volatile IntSupplier target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicLong received = new AtomicLong();
  private ServerSocket server;

  /**
   * @param target a port of this machine
   */
  public TcpProxy(int target) {
    this(() -> target);
  }

  /**
   * @param target the port of this machine that the next connection is led to
   */
  public TcpProxy(IntSupplier target) {
    this.target = target;
    this.server = listen(0);
    this.port = server.getLocalPort();
  }

  public int port() {
    return port;
  }

  /** How many bytes came from the other side so far. */
  public long received() {
    return received.get();
  }

  /** Leads new connections to another port; those that are open stay where they are. */
  public void lead(int port) {
    target = () -> port;
  }

  /** From now on it is away: connections break, new ones are refused. */
  public synchronized void cut() {
    try {
      server.close();
      drop();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Breaks the connections that are open; new ones are let through. */
  public synchronized void drop() {
    try {
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets new connections through again. */
  public synchronized void restore() {
    server = listen(port);
  }

  private ServerSocket listen(int at) {
    try {
      var listening = new ServerSocket(at, 50, InetAddress.getLoopbackAddress());
      Thread.ofVirtual().start(() -> accept(listening));
      return listening;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept(ServerSocket listening) {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        connect(client);
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Where nobody listens behind it the client's connection breaks, and no other one does. */
  private void connect(Socket client) throws IOException {
    try {
      Socket database = new Socket(InetAddress.getLoopbackAddress(), target.getAsInt());
      sockets.add(client);
      sockets.add(database);
      Thread.ofVirtual().start(() -> copy(client, database, false));
      Thread.ofVirtual().start(() -> copy(database, client, true));
    } catch (IOException e) {
      client.close();
    }
  }

  private void copy(Socket from, Socket to, boolean counted) {
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      byte[] buffer = new byte[8192];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (counted) {
          received.addAndGet(read);
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // One side is gone, and so is the other now.
    }
  }

  @Override
  public void close() {
    cut();
  }
}
