package io.outboxpipeline.runtime;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * Helidon's HTTP/1.1 with a {@link StrictReader}, and with every connection among its {@link
 * Peers}. Thread-safe.
 */
final class GuardedHttp1 implements ServerConnectionSelector {
  private final Peers peers;
  private final ServerConnectionSelector http1 =
      Http1ConnectionSelector.builder()
          .config(
              Http1Config.builder()
                  .addReceiveListener(new HeaderEnd())
                  .addSendListener(new LastAnswer())
                  .build())
          .build();

  GuardedHttp1(Peers peers) {
    this.peers = peers;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http1.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http1.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Peer peer = peers.admit(context.serverSocket());
    long maxBody = context.listenerContext().config().maxPayloadSize();
    var reader = new StrictReader(context.dataReader(), peer, maxBody);
    return http1.connection(
        new Context(context, peer, reader, new Writer(context.dataWriter(), peer)));
  }

  /** Tells where a request's header has ended. */
  private static final class HeaderEnd implements Http1ConnectionListener {
    @Override
    public void headers(ConnectionContext context, Headers headers) {
      if (context instanceof Context guarded) {
        guarded.peer().body();
        if (headers.containsToken(HeaderValues.CONNECTION_CLOSE)) {
          guarded.peer().lastAnswer();
        }
      }
    }
  }

  /**
   * Tells that the service ends the connection with an answer, as {@link HeaderEnd} does when the
   * client wants it. Helidon says so to the client, and then reads the next request all the same.
   */
  private static final class LastAnswer implements Http1ConnectionListener {
    @Override
    public void headers(ConnectionContext context, Headers headers) {
      if (context instanceof Context guarded
          && headers.containsToken(HeaderValues.CONNECTION_CLOSE)) {
        guarded.peer().lastAnswer();
      }
    }
  }

  /** Tells when the server waits for a client to take what it writes. */
  private record Writer(DataWriter of, Peer peer) implements DataWriter {
    @Override
    public void write(BufferData... buffers) {
      watched(() -> of.write(buffers));
    }

    @Override
    public void write(BufferData buffer) {
      watched(() -> of.write(buffer));
    }

    @Override
    public void writeNow(BufferData... buffers) {
      watched(() -> of.writeNow(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
      watched(() -> of.writeNow(buffer));
    }

    @Override
    public void flush() {
      watched(of::flush);
    }

    @Override
    public void close() {
      of.close();
    }

    private void watched(Runnable write) {
      peer.writes(true);
      write.run();
      peer.writes(false);
    }
  }

  /** A connection with another reader and writer. */
  private record Context(
      ConnectionContext of, Peer peer, DataReader dataReader, DataWriter dataWriter)
      implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
      return of.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return of.executor();
    }

    @Override
    public Router router() {
      return of.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return of.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return of.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return of.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return of.localPeer();
    }

    @Override
    public boolean isSecure() {
      return of.isSecure();
    }

    @Override
    public String socketId() {
      return of.socketId();
    }

    @Override
    public String childSocketId() {
      return of.childSocketId();
    }
  }
}
