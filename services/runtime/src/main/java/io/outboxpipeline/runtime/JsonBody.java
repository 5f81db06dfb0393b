package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HttpMediaType;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import jakarta.json.JsonConfig;
import jakarta.json.JsonObject;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParsingException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.Map;

/** Reads a request's body as one JSON object, and refuses whatever is not exactly that. */
public final class JsonBody {
  /** How many bytes a body may have. */
  static final int MAX_BYTES = 64 << 10;

  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  // A name given twice would leave it to the reader which value counts.
  private static final JsonReaderFactory READERS =
      JSON.createReaderFactory(Map.of(JsonConfig.KEY_STRATEGY, JsonConfig.KeyStrategy.NONE));

  private JsonBody() {}

  /**
   * The body.
   *
   * @throws ProblemException 415 if it does not say that it is JSON, 413 if it is too large, 400 if
   *     it is not valid UTF-8, not valid JSON, has a name twice in one object, or is no object
   */
  public static JsonObject read(ServerRequest request) {
    return read(request, MAX_BYTES);
  }

  /**
   * As {@link #read(ServerRequest)}, with another limit than 64 KiB.
   *
   * @param maxBytes at most what the server takes, 1 MiB
   */
  public static JsonObject read(ServerRequest request, int maxBytes) {
    checkMediaType(request);
    JsonValue value = parse(text(request, maxBytes));
    if (value instanceof JsonObject object) {
      return object;
    }
    throw malformed("The body must be a JSON object.");
  }

  private static void checkMediaType(ServerRequest request) {
    boolean json =
        request
            .headers()
            .contentType()
            .map(HttpMediaType::mediaType)
            .filter(t -> t.type().equals("application"))
            .filter(t -> t.subtype().equals("json") || t.subtype().endsWith("+json"))
            .isPresent();
    if (!json) {
      throw new ProblemException(
          Status.UNSUPPORTED_MEDIA_TYPE_415, "Send the body as Content-Type: application/json.");
    }
  }

  private static String text(ServerRequest request, int maxBytes) {
    if (!request.content().hasEntity()) {
      throw malformed("The body is empty.");
    }
    try (var in = request.content().inputStream()) {
      // A stream that is asked for more than comes takes a buffer of 16 KiB for the smallest body.
      long announced = request.headers().contentLength().orElse(maxBytes);
      byte[] bytes = in.readNBytes((int) Math.min(announced, maxBytes) + 1);
      if (bytes.length > maxBytes) {
        // A client that still sends when the connection is closed may never read the answer.
        in.transferTo(OutputStream.nullOutputStream());
        throw new ProblemException(
            Status.REQUEST_ENTITY_TOO_LARGE_413,
            "The body has more than " + (maxBytes >> 10) + " KiB.");
      }
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw malformed("The body is not valid UTF-8.");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonValue parse(String text) {
    try (var parser = JSON.createParser(new StringReader(text));
        var reader = READERS.createReader(new StringReader(text))) {
      // The reader stops at the value's end, the parser finds what follows it.
      while (parser.hasNext()) {
        parser.next();
      }
      return reader.readValue();
    } catch (JsonParsingException e) {
      var at = e.getLocation();
      throw malformed(
          String.format(
              Locale.ROOT,
              "The body is not valid JSON (line %d, column %d).",
              at.getLineNumber(),
              at.getColumnNumber()));
    } catch (RuntimeException e) {
      // Parsson has other exceptions for a number of over 1,100 characters and for deep nesting.
      throw malformed("The body is not valid JSON, or nests too deep, or has too long a number.");
    }
  }

  private static ProblemException malformed(String detail) {
    return new ProblemException(Status.BAD_REQUEST_400, detail);
  }
}
