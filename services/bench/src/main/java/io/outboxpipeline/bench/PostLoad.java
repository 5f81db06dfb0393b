package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A program that posts spendings as fast as it is answered, over plain sockets, so that it takes
 * little of the machine. Each client has one connection and one request on its way.
 */
final class PostLoad {
  static final int CLIENTS = 64;

  private static final int IDENTITIES = 10_000;
  private static final int MAX_SAMPLES = 1 << 18;

  private final long measureFrom;
  private final long until;
  private final int port;

  private PostLoad(int port, long warmUpNanos, long nanos) {
    this.port = port;
    this.measureFrom = System.nanoTime() + warmUpNanos;
    this.until = measureFrom + nanos;
  }

  /** What one client saw. */
  private static final class Client {
    private final long[] took = new long[MAX_SAMPLES];
    private int measured;
    private int created;
  }

  public static void main(String[] args) throws InterruptedException {
    var load =
        new PostLoad(
            Integer.parseInt(System.getenv("SERVER_PORT")),
            Long.parseLong(System.getenv("WARM_UP_SECONDS")) * 1_000_000_000L,
            Long.parseLong(System.getenv("SECONDS")) * 1_000_000_000L);
    var clients = new Client[CLIENTS];
    var threads = new Thread[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
      var client = new Client();
      clients[i] = client;
      threads[i] = Thread.ofPlatform().start(() -> load.run(client));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    long[] took =
        Arrays.stream(clients)
            .flatMapToLong(c -> Arrays.stream(c.took, 0, c.measured))
            .sorted()
            .toArray();
    Rig.tell(
        new Figure("rate", took.length * 1e9 / (load.until - load.measureFrom), "POST/s"),
        new Figure("p50", Chart.percentile(took, 0.5) / 1e6, "ms"),
        new Figure("p99", Chart.percentile(took, 0.99) / 1e6, "ms"),
        new Figure(
            "load-cpu",
            Usage.of(ProcessHandle.current().pid()).cpuSeconds()
                * 1000
                / Arrays.stream(clients).mapToInt(c -> c.created).sum(),
            "CPU s/1,000 POST, load generator"),
        new Figure(
            "created", Arrays.stream(clients).mapToInt(c -> c.created).sum(), "201 answers"));
  }

  private void run(Client client) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      var out = socket.getOutputStream();
      var in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        long began = System.nanoTime();
        if (began - until >= 0) {
          return;
        }
        out.write(request());
        String status = response(in);
        if (!status.startsWith("HTTP/1.1 201")) {
          throw new IllegalStateException(status);
        }
        long ended = System.nanoTime();
        client.created++;
        if (began - measureFrom >= 0 && ended - until < 0) {
          client.took[client.measured++] = ended - began;
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] request() {
    String body =
        String.format(
            Locale.ROOT,
            """
            {"identity":"identity-%d","name":"Ada","surname":"Lovelace","amount":"12.50"}""",
            ThreadLocalRandom.current().nextInt(IDENTITIES));
    return ("POST /api/v1/spending HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            + "Content-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(ISO_8859_1);
  }

  /** Reads one answer, and gives its first line. */
  private static String response(InputStream in) throws IOException {
    String status = line(in);
    int length = 0;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(header.substring(15).strip());
      }
    }
    in.skipNBytes(length);
    return status;
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder(64);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the connection was closed");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }
}
