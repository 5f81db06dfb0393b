package io.outboxpipeline.console.access;

import io.outboxpipeline.console.access.User.Role;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Sessions that are cookies and nothing else: role, name, groups and end, sealed. So all consoles
 * with the same secrets take each other's cookies, before and after a restart, and new secrets end
 * all sessions. Thread-safe.
 */
final class Sessions {
  static final Duration LENGTH = Duration.ofHours(8);

  private static final String USE = "session";

  /** Proxies refuse headers that are larger than some kilobytes. */
  private static final int LONGEST = 3_500;

  private final Seal seal;

  Sessions(AccessSettings settings, InstantSource clock) {
    this(new Seal(settings, clock));
  }

  Sessions(Seal seal) {
    this.seal = seal;
  }

  /**
   * The cookie's value for somebody who has just signed in.
   *
   * @return empty if the person is in so many groups that no proxy would take the cookie
   */
  Optional<String> open(User user) {
    List<String> parts =
        Stream.concat(Stream.of(user.role().name(), user.name()), user.groups().stream()).toList();
    return Optional.of(seal.close(USE, LENGTH, parts)).filter(c -> c.length() <= LONGEST);
  }

  /** Whose cookie this is; empty if it is over, or not one of ours. */
  Optional<User> user(String cookie) {
    return seal.open(USE, cookie)
        .map(p -> new User(p.get(1), Role.valueOf(p.getFirst()), p.subList(2, p.size())));
  }
}
