package io.outboxpipeline.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many who look at once. */
final class StreamsTest {
  private static final int AT_ONCE = 100;

  private static String status(Socket socket) throws IOException {
    byte[] start = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
    return new String(start, StandardCharsets.US_ASCII).replaceAll(".* ", "");
  }

  @Test
  void a_hundred_streams_are_served_and_browsers_that_are_gone_give_their_places_back()
      throws IOException {
    try (var played = new PlayedPipeline()) {
      String cookie = played.signIn(PlayedPipeline.VIEWER);
      List<Socket> open = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        open.add(stream(played, cookie));
      }
      for (Socket socket : open) {
        assertThat(status(socket)).isEqualTo("200");
      }
      try (Socket more = stream(played, cookie)) {
        assertThat(status(more)).isEqualTo("503");
      }
      assertThat(played.page("/p/spending/flow", cookie).statusCode()).isEqualTo(200);
      for (Socket socket : open) {
        socket.close();
      }
      await()
          .untilAsserted(
              () -> {
                try (Socket again = stream(played, cookie)) {
                  assertThat(status(again)).isEqualTo("200");
                }
              });
    }
  }

  private static Socket stream(PlayedPipeline played, String cookie) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), played.port());
    String request =
        "GET /p/spending/stream?view=flow HTTP/1.1\r\nHost: localhost\r\nCookie: "
            + cookie
            + "\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }
}
