package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Where a request ends. A proxy that sees its end elsewhere would let one client's bytes become the
 * beginning of another's request (request smuggling), so whatever can be read in two ways is
 * refused, and the connection ends with it.
 *
 * <p>In the tables {@code ~} is CRLF, {@code ^} a bare LF, and {@code $} a body of 36 (hex 24)
 * bytes that is a request for {@code /smuggled}. A request for {@code /next} follows on the same
 * connection, where a proxy would put the next client's.
 */
final class FramingTest {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) ");
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: xy\r\n\r\n";
  private static final String NEXT = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";

  private final List<String> reached = new CopyOnWriteArrayList<>();
  private final Metrics metrics = new Metrics();
  private final ServiceServer server =
      ServiceServer.builder("framing", ServerSettings.local(0), metrics)
          .routing(
              r ->
                  r.any(
                      (req, res) -> {
                        String path = req.path().rawPath();
                        reached.add(path);
                        boolean read = req.content().hasEntity() && !path.equals("/unread");
                        res.send(read ? req.content().as(String.class) : "");
                      }))
          .start();

  @AfterEach
  void close() {
    server.close();
    metrics.close();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          a length                    | Content-Length: 36~~$
          a length with spaces around | Content-Length: {tab}36 ~~$
          no body                     | X: y~~
          chunks                      | Transfer-Encoding: chunked~~24~$~0~~
          chunks, in other letters    | transfer-encoding: Chunked~~24~$~0~~
          a chunk of hex digits       | Transfer-Encoding: chunked~~00000024~$~0~~
          chunked after a comma       | Transfer-Encoding: , chunked~~24~$~0~~
          chunked after a tab         | Transfer-Encoding: {tab}chunked~~24~$~0~~
          an underscore               | Transfer_Encoding: chunked~Content-Length: 36~~$
          a line without a name       | : y~Content-Length: 36~~$
          """)
  void a_request_that_is_clear_is_answered_and_so_is_the_next(String what, String request)
      throws IOException {
    assertThat(statuses(post("/a", request))).containsExactly("200", "200");
    assertThat(reached).containsExactly("/a", "/next");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          a chunk with an extension     | Transfer-Encoding: chunked~~24;a=b~$~0~~                        | 400 | /a
          trailers                      | Transfer-Encoding: chunked~~24~$~0~X: y~~                       | 400 | /a
          length, then chunks           | Content-Length: 36~Transfer-Encoding: chunked~~0~~$             | 400 |
          chunks, then length           | Transfer-Encoding: chunked~Content-Length: 5~~0~~$              | 400 |
          length 0 and chunks           | Content-Length: 0~Transfer-Encoding: chunked~~24~$~0~~          | 400 |
          two lengths                   | Content-Length: 36~Content-Length: 0~~$                         | 400 |
          the same length twice         | Content-Length: 36~Content-Length: 36~~$                        | 400 |
          two lengths in one line       | Content-Length: 36, 0~~$                                        | 400 |
          the same length in one line   | Content-Length: 36, 36~~$                                       | 400 |
          a plus                        | Content-Length: +36~~$                                          | 400 |
          a minus                       | Content-Length: -36~~$                                          | 400 |
          minus zero                    | Content-Length: -0~~$                                           | 400 |
          hex                           | Content-Length: 0x24~~$                                         | 400 |
          a letter                      | Content-Length: 36a~~$                                          | 400 |
          a space inside                | Content-Length: 3 6~~$                                          | 400 |
          a point                       | Content-Length: 36.0~~$                                         | 400 |
          an empty length               | Content-Length:~~$                                              | 400 |
          a length above 64 bits        | Content-Length: 18446744073709551652~~$                         | 400 |
          a form feed before it         | Content-Length: {ff}36~~$                                       | 400 |
          identity                      | Transfer-Encoding: identity~~$                                  | 400 |
          identity beside a length      | Transfer-Encoding: identity~Content-Length: 36~~$               | 400 |
          an unknown coding             | Transfer-Encoding: xchunked~~24~$~0~~                           | 400 |
          an empty coding               | Transfer-Encoding:~~24~$~0~~                                    | 400 |
          an empty coding and a length  | Transfer-Encoding:~Content-Length: 36~~$                        | 400 |
          gzip, chunked                 | Transfer-Encoding: gzip, chunked~~24~$~0~~                      | 501 |
          gzip and chunked in two lines | Transfer-Encoding: gzip~Transfer-Encoding: chunked~~24~$~0~~    | 501 |
          chunked, gzip                 | Transfer-Encoding: chunked, gzip~~24~$~0~~                      | 400 |
          chunked, identity             | Transfer-Encoding: chunked, identity~~24~$~0~~                  | 400 |
          chunked twice                 | Transfer-Encoding: chunked, chunked~~24~$~0~~                   | 400 |
          chunked in two lines          | Transfer-Encoding: chunked~Transfer-Encoding: chunked~~24~$~0~~ | 400 |
          chunked with a parameter      | Transfer-Encoding: chunked;a=b~~24~$~0~~                        | 400 |
          chunked in quotes             | Transfer-Encoding: "chunked"~~24~$~0~~                          | 400 |
          chunked after a vertical tab  | Transfer-Encoding: {vt}chunked~~24~$~0~~                        | 400 |
          chunked after a NUL           | Transfer-Encoding: {nul}chunked~~24~$~0~~                       | 400 |
          chunked before a form feed    | Transfer-Encoding: chunked{ff}~~24~$~0~~                        | 400 |
          a space before the colon      | Transfer-Encoding : chunked~~24~$~0~~                           | 400 |
          a tab before the colon        | Content-Length{tab}: 36~~$                                      | 400 |
          a folded line                 | X: y~ Transfer-Encoding: chunked~Content-Length: 36~~$          | 400 |
          a folded length               | Content-Length:~ 36~~$                                          | 400 |
          a line without a colon        | Content-Length~~$                                               | 400 |
          a bare LF between headers     | X: y^Transfer-Encoding: chunked~Content-Length: 36~~$           | 400 |
          a bare CR between headers     | X: y{cr}Transfer-Encoding: chunked~Content-Length: 36~~$        | 400 |
          a bare LF after the headers   | Content-Length: 36~^$                                           | 400 |
          a NUL in a value              | X: y{nul}z~Content-Length: 36~~$                                | 400 |
          a plus before a chunk size    | Transfer-Encoding: chunked~~+24~$~0~~                           | 400 | /a
          a minus before a chunk size   | Transfer-Encoding: chunked~~-24~$~0~~                           | 400 | /a
          a last chunk of minus zero    | Transfer-Encoding: chunked~~24~$~-0~~                           | 400 | /a
          a chunk size with 0x          | Transfer-Encoding: chunked~~0x24~$~0~~                          | 400 | /a
          a last chunk of 0x0           | Transfer-Encoding: chunked~~24~$~0x0~~                          | 400 | /a
          a chunk size after a space    | Transfer-Encoding: chunked~~ 24~$~0~~                           | 400 | /a
          a chunk size before a space   | Transfer-Encoding: chunked~~24 ~$~0~~                           | 400 | /a
          an underscore in a chunk size | Transfer-Encoding: chunked~~2_4~$~0~~                           | 400 | /a
          an empty chunk size           | Transfer-Encoding: chunked~~~$~0~~                              | 400 | /a
          a chunk size above 31 bits    | Transfer-Encoding: chunked~~80000024~$~0~~                      | 400 | /a
          a chunk size above 32 bits    | Transfer-Encoding: chunked~~100000024~$~0~~                     | 400 | /a
          a chunk size above 64 bits    | Transfer-Encoding: chunked~~10000000000000024~$~0~~             | 400 | /a
          a bare LF after a chunk size  | Transfer-Encoding: chunked~~24^$~0~~                            | 400 | /a
          a bare CR after a chunk size  | Transfer-Encoding: chunked~~24{cr}$~0~~                         | 400 | /a
          a bare LF in an extension     | Transfer-Encoding: chunked~~24;a^b~$~0~~                        | 400 | /a
          other bytes after a chunk     | Transfer-Encoding: chunked~~24~$XX0~~                           | 400 | /a
          a bare LF after a chunk       | Transfer-Encoding: chunked~~24~$^0~~                            | 400 | /a
          a bare LF and a digit         | Transfer-Encoding: chunked~~23~$^00~~                           | 400 | /a
          a bare LF after the end       | Transfer-Encoding: chunked~~24~$~0~^                            | 400 | /a
          no end after the last chunk   | Transfer-Encoding: chunked~~24~$~0~                             | 400 | /a
          a header name of a body       | Transfer-Encoding: chunked~~24~$~0~Content-Length: 36~~         | 400 | /a
          a chunk above the limit       | Transfer-Encoding: chunked~~200000~0~~$                         | 413 | /a
          a bad chunk, then an end      | Transfer-Encoding: chunked~~0x5~0~~$                            | 400 | /a
          a trailer, then an end        | Transfer-Encoding: chunked~~0~X: y~0~~$                         | 400 | /a
          a length above the limit      | Content-Length: 2000000~~$                                      | 413 |
          """)
  void a_request_that_two_may_read_differently_is_refused_and_ends_its_connection(
      String what, String request, String status, String handler) throws IOException {
    String answer = post("/a", request);
    assertThat(statuses(answer)).as(answer).containsExactly(status);
    assertThat(answer)
        .contains("application/problem+json")
        .containsIgnoringCase("connection: close");
    assertThat(reached).isEqualTo(handler == null ? List.of() : List.of(handler));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 36~~$",
        "Transfer-Encoding: chunked~~24~$~0~~",
        "Transfer-Encoding: chunked~~12~GET /smuggled HTTP~12~/1.1~Host: xy~~~0~~"
      })
  void a_body_that_nobody_reads_is_skipped(String request) throws IOException {
    assertThat(statuses(post("/unread", request))).containsExactly("200", "200");
    assertThat(reached).containsExactly("/unread", "/next");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: chunked~~+24~$~0~~",
        "Transfer-Encoding: chunked~~0x5~0~~$",
        "Transfer-Encoding: chunked~~200000~0~~$",
        "Transfer-Encoding: chunked~~24~$XX0~~"
      })
  void a_bad_body_that_nobody_reads_ends_its_connection(String request) throws IOException {
    assertThat(statuses(post("/unread", request))).hasSize(1);
    assertThat(reached).containsExactly("/unread");
  }

  @Test
  void a_body_of_two_bytes_is_read() throws IOException {
    assertThat(post("/a", "Content-Length: 2~~{}")).contains("\r\n\r\n{}");
    assertThat(reached).containsExactly("/a", "/next");
    reached.clear();
    assertThat(post("/a", "Transfer-Encoding: chunked~~1~{~2~xx~0~~")).contains("\r\n\r\n{xx");
    assertThat(reached).containsExactly("/a", "/next");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET /a HTTP/1.0~Transfer-Encoding: x~~  | 505
          POST /a HTTP/1.0~Expect: 100-continue~~ | 505
          GET /a HTTP/1.0~Host: x~Host: y~~       | 400
          GET /a HTTP/1.0^Host: x^^               | 400
          G<T /a HTTP/1.1~Host: x~~               | 400
          get /a HTTP/1.1~Host: x~~               | 400
          GET /health/live HTTP/1.1~~             | 400
          GET /a HTTP/1.1~Host: x~Host: y~~       | 400
          GET /a HTTP/1.1^Host: x^^               | 400
          GET /a HTTP/1.1 ~Host: x~~              | 400
          GET /a  HTTP/1.1~Host: x~~              | 400
          GET /a HTTP/1.2~Host: x~~               | 400
          GET /a~~                                | 400
          """)
  void a_first_line_or_a_host_that_is_not_right_is_refused(String request, String status)
      throws IOException {
    String answer = send(unfold(request));
    assertThat(statuses(answer)).as(answer).containsExactly(status);
    assertThat(reached).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET /health/live HTTP/1.0~~                                 | /health/live
          GET /health/live HTTP/1.0~Host: x~~                         | /health/live
          GET /health/live HTTP/1.0~hOST: x~Connection: Keep-Alive~~  | /health/live
          HEAD /health/ready HTTP/1.0~~                               | /health/ready
          POST /a HTTP/1.0~Content-Length: 36~~$                      | /a
          """)
  void a_client_of_http_1_0_is_answered_with_a_length_and_its_connection_closed(
      String request, String handler) throws IOException {
    String answer = send(unfold(request));
    assertThat(statuses(answer)).as(answer).containsExactly("200");
    assertThat(answer)
        .containsIgnoringCase("connection: close")
        .containsIgnoringCase("content-length:")
        .doesNotContainIgnoringCase("transfer-encoding");
    assertThat(reached).isEqualTo(handler.equals("/a") ? List.of("/a") : List.of());
    assertThat(answer.contains("\"UP\"")).isEqualTo(request.startsWith("GET"));
  }

  @Test
  void a_connection_that_the_client_or_the_service_ends_takes_no_further_request()
      throws IOException {
    assertThat(statuses(post("/a", "Connection: close~Content-Length: 36~~$")))
        .containsExactly("200");
    assertThat(reached).containsExactly("/a");
    reached.clear();
    server.stopBeingReady();
    assertThat(statuses(post("/a", "Content-Length: 36~~$"))).containsExactly("200");
    assertThat(reached).containsExactly("/a");
  }

  private String post(String path, String request) throws IOException {
    return send("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + unfold(request));
  }

  private static String unfold(String request) {
    return request
        .replace("~", "\r\n")
        .replace("^", "\n")
        .replace("{cr}", "\r")
        .replace("{tab}", "\t")
        .replace("{ff}", "\f")
        .replace("{vt}", "\u000b")
        .replace("{nul}", "\0")
        .replace("$", SMUGGLED);
  }

  private String send(String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write((request + NEXT).getBytes(ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private static List<String> statuses(String answered) {
    return STATUS.matcher(answered).results().map(r -> r.group(1)).toList();
  }
}
