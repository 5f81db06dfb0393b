package io.outboxpipeline.spring.boot;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** There are several beans that the outbox may use, or none of the name that was given. */
final class NoChoiceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String property;
  private final String names;

  NoChoiceException(Class<?> type, String property, @Nullable String wanted, List<String> names) {
    super(
        wanted == null
            ? "the outbox may use one of several beans of the type "
                + type.getSimpleName()
                + ", and none is primary: "
                + String.join(", ", names)
            : property
                + " is \""
                + wanted
                + "\", and the beans of the type "
                + type.getSimpleName()
                + " are: "
                + String.join(", ", names));
    this.property = property;
    this.names = String.join(", ", names);
  }

  String property() {
    return property;
  }

  String names() {
    return names;
  }
}
