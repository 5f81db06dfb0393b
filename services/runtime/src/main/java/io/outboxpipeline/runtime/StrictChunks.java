package io.outboxpipeline.runtime;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.Bytes;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http.DirectTransportRequest;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.regex.Pattern;

/**
 * Helidon's HTTP/1.1, but a chunk is one by the letter of RFC 9112, section 7.1: hex digits, CRLF,
 * so many bytes, CRLF. Helidon 4.5.0 takes a sign before the size and any two bytes after the
 * chunk, and where it refuses a chunk it takes what stands behind that for the body's end and the
 * next request. A proxy that reads the same bytes differently would hand one client's request to
 * another. Extensions and trailers, which no client of ours sends, are refused. Thread-safe.
 */
final class StrictChunks implements ServerConnectionSelector {
  private final ServerConnectionSelector http1 =
      Http1ConnectionSelector.builder().config(Http1Config.create()).build();

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
    long maxBody = context.listenerContext().config().maxPayloadSize();
    return http1.connection(new Context(context, new Reader(context.dataReader(), maxBody)));
  }

  /**
   * Reads what another reader has, until a chunk is none. Then it ends the connection whoever reads
   * on: Helidon would look for the body's end, and for the next request, in the middle of the body.
   */
  private static final class Reader extends DataReader {
    private static final Pattern SIZE = Pattern.compile("0*[0-9a-fA-F]{1,7}");

    private final long maxBody;
    private long body;
    private boolean ends;
    private boolean buffers;
    private boolean broken;

    @SuppressWarnings("removal") // The factory that is to replace it makes no subclass.
    Reader(DataReader wire, long maxBody) {
      super(
          () -> {
            wire.ensureAvailable();
            return wire.readBytes(wire.available());
          });
      this.maxBody = maxBody;
    }

    /** The size of a chunk, or what follows the last one; nothing else is read by lines. */
    @Override
    public String readLine() {
      String line;
      try {
        line = super.readLine();
      } catch (IncorrectNewLineException e) {
        throw refusal(Status.BAD_REQUEST_400);
      }
      if (ends ? !line.isEmpty() : !SIZE.matcher(line).matches()) {
        throw refusal(Status.BAD_REQUEST_400);
      }
      int size = ends ? 0 : Integer.parseInt(line, 16);
      ends = !ends && size == 0;
      body = ends ? 0 : body + size;
      if (body > maxBody) {
        throw refusal(Status.REQUEST_ENTITY_TOO_LARGE_413);
      }
      return line;
    }

    /** Two bytes are a CRLF, or what the caller says they are. */
    @Override
    public void skip(int bytes) {
      if (bytes != 2 || buffers) {
        super.skip(bytes);
      } else if (read() != Bytes.CR_BYTE || read() != Bytes.LF_BYTE) {
        throw refusal(Status.BAD_REQUEST_400);
      }
    }

    @Override
    public BufferData readBuffer(int bytes) {
      buffers = true;
      try {
        return super.readBuffer(bytes);
      } finally {
        buffers = false;
      }
    }

    @Override
    public void ensureAvailable() {
      if (broken) {
        throw new CloseConnectionException("the body was not made of chunks");
      }
      super.ensureAvailable();
    }

    private RequestException refusal(Status status) {
      broken = true;
      return RequestException.builder()
          .type(EventType.BAD_REQUEST)
          .status(status)
          .message("The body is not made of chunks.")
          .request(DirectTransportRequest.create("HTTP/1.1", "", "")) // or it would not say "close"
          .setKeepAlive(false)
          .build();
    }
  }

  /** A connection with another reader. */
  private record Context(ConnectionContext of, DataReader dataReader) implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
      return of.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return of.executor();
    }

    @Override
    public DataWriter dataWriter() {
      return of.dataWriter();
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
