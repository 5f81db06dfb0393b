package io.outboxpipeline.console.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.console.access.AccessSettings.Token;
import io.outboxpipeline.console.access.User.Role;
import io.outboxpipeline.runtime.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SessionsTest {
  private static final User ADA = new User("Ada. Lovelace; \"<é>", Role.VIEWER);

  private Instant now = Instant.parse("2026-01-02T03:04:05Z");

  private Sessions sessions(String token) {
    return new Sessions(
        new AccessSettings(
            List.of(new Token("viewer", Role.VIEWER, new Secret(token))),
            Optional.empty(),
            Set.of(),
            Optional.empty()),
        () -> now);
  }

  @Test
  void a_session_ends_after_eight_hours_and_with_its_token() {
    String cookie = sessions("one token").open(ADA).orElseThrow();
    assertThat(cookie).matches("[\\w.-]+");
    now = now.plus(Duration.ofHours(8)).minusSeconds(1);
    assertThat(sessions("one token").user(cookie)).contains(ADA);
    assertThat(sessions("another").user(cookie)).isEmpty();
    now = now.plusSeconds(1);
    assertThat(sessions("one token").user(cookie)).isEmpty();
  }

  @Test
  void no_letter_of_a_cookie_can_be_changed() {
    Sessions sessions = sessions("one token");
    String cookie = sessions.open(ADA).orElseThrow();
    for (int i = 0; i < cookie.length(); i++) {
      char other = cookie.charAt(i) == 'A' ? 'B' : 'A';
      String changed = cookie.substring(0, i) + other + cookie.substring(i + 1);
      assertThat(sessions.user(changed)).as(changed).isEmpty();
      assertThat(sessions.user(cookie.substring(0, i))).isEmpty();
    }
  }
}
