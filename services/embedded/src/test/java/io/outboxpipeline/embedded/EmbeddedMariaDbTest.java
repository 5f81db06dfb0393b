package io.outboxpipeline.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class EmbeddedMariaDbTest {

  @Test
  void a_loader_without_openssl_is_told_as_that() {
    var loader =
        new IOException(
            "dyld[1]: Library not loaded: /opt/homebrew/opt/openssl@3/lib/libssl.3.dylib");
    assertThat(EmbeddedMariaDb.why(new IOException("the installer ended with 134", loader)))
        .isEqualTo("it needs Homebrew's OpenSSL: brew install openssl@3");
    assertThat(EmbeddedMariaDb.why(new IOException("no space left"))).isEqualTo("no space left");
  }
}
