package io.outboxpipeline.runtime;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.Bytes;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.DirectTransportRequest;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;

/**
 * What a connection's client sends, for Helidon's HTTP/1.1 to read, but a chunk is one by the
 * letter of RFC 9112, section 7.1: hex digits, CRLF, so many bytes, CRLF. Helidon 4.5.0 takes a
 * sign before the size and any two bytes after the chunk, and where it refuses a chunk it takes
 * what stands behind that for the body's end and the next request. A proxy that reads the same
 * bytes differently would hand one client's request to another. Extensions and trailers, which no
 * client of ours sends, are refused. Once something was refused, the connection ends whoever reads
 * on.
 *
 * <p>It also tells the {@link Peer} what is read. One thread's.
 */
final class StrictReader extends DataReader {
  private static final Pattern SIZE = Pattern.compile("0*[0-9a-fA-F]{1,7}");
  private static final int MAX_SIZE_LINE = 32;
  private static final int MAX_METHOD = 32;

  private final Peer peer;
  private final long maxBody;
  private long body;
  private boolean ends;
  private boolean buffers;
  private boolean broken;
  private boolean firstLine = true;

  @SuppressWarnings("removal") // The factory that is to replace it makes no subclass.
  StrictReader(DataReader wire, Peer peer, long maxBody) {
    super(Http10.upgraded(() -> read(wire, peer)));
    this.peer = peer;
    this.maxBody = maxBody;
  }

  private static byte[] read(DataReader wire, Peer peer) {
    peer.reads();
    try {
      wire.ensureAvailable();
      byte[] bytes = wire.readBytes(wire.available());
      peer.read(bytes);
      return bytes;
    } catch (InsufficientDataAvailableException e) {
      peer.read(null);
      throw e;
    } catch (UncheckedIOException | ServerConnectionException e) {
      peer.lost();
      throw e;
    }
  }

  /** A request's first line, or a line of its header. */
  @Override
  public int findNewLine(int max) {
    if (peer.next(available() > 0)) {
      firstLine = true;
      body = 0;
      ends = false;
    }
    int end = super.findNewLine(max);
    if (firstLine) {
      firstLine = false;
      checkMethod(end);
    }
    return end;
  }

  /** Helidon takes a method that is none for an error of its own. */
  private void checkMethod(int line) {
    BufferData start = getBuffer(Math.min(line, MAX_METHOD));
    while (start.available() > 0) {
      int c = start.read();
      if (c == ' ') {
        return;
      }
      if (c < 'A' || c > 'Z') {
        throw refusal(Status.BAD_REQUEST_400, "The method is none.");
      }
    }
  }

  /** The size of a chunk, or what follows the last one; nothing else is read by lines. */
  @Override
  public String readLine() {
    String line;
    try {
      int end = super.findNewLine(MAX_SIZE_LINE);
      if (end == MAX_SIZE_LINE) {
        throw badChunk(Status.BAD_REQUEST_400);
      }
      line = readAsciiString(end);
      super.skip(2);
    } catch (IncorrectNewLineException e) {
      throw badChunk(Status.BAD_REQUEST_400);
    }
    if (ends ? !line.isEmpty() : !SIZE.matcher(line).matches()) {
      throw badChunk(Status.BAD_REQUEST_400);
    }
    int size = ends ? 0 : Integer.parseInt(line, 16);
    ends = !ends && size == 0;
    body = ends ? 0 : body + size;
    if (body > maxBody) {
      throw badChunk(Status.REQUEST_ENTITY_TOO_LARGE_413);
    }
    return line;
  }

  /** Two bytes are a CRLF, or what the caller says they are. */
  @Override
  public void skip(int bytes) {
    if (bytes != 2 || buffers) {
      super.skip(bytes);
    } else if (read() != Bytes.CR_BYTE || read() != Bytes.LF_BYTE) {
      throw badChunk(Status.BAD_REQUEST_400);
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
      throw new CloseConnectionException("the request was refused");
    }
    super.ensureAvailable();
  }

  private RequestException badChunk(Status status) {
    return refusal(status, "The body is not made of chunks.");
  }

  private RequestException refusal(Status status, String message) {
    broken = true;
    return RequestException.builder()
        .type(EventType.BAD_REQUEST)
        .status(status)
        .message(message)
        .request(DirectTransportRequest.create("HTTP/1.1", "", "")) // or it would not say "close"
        .setKeepAlive(false)
        .build();
  }
}
