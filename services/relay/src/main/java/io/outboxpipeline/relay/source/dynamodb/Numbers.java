package io.outboxpipeline.relay.source.dynamodb;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The last number of the items that were seen lately, which only grows. Not thread-safe. */
final class Numbers {
  private static final int REMEMBERED = 20_000;

  private final Map<ItemKey, Long> last =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ItemKey, Long> eldest) {
          return size() > REMEMBERED;
        }
      };

  void saw(ItemKey key, long number) {
    last.merge(key, number, Math::max);
  }

  /** Why a number can't be, if so. */
  Optional<String> problem(ItemKey key, long number) {
    Long before = last.get(key);
    return before == null || number >= before
        ? Optional.empty()
        : Optional.of(
            "its number went back from %s to %s: a put, a deletion or a restore took it away"
                .formatted(before, number));
  }
}
