package io.outboxpipeline.spring.boot;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/** Chooses one bean of a type: the one that a property names, the only one, or the primary one. */
final class Choice {
  private Choice() {}

  static <T> T of(
      ConfigurableListableBeanFactory beans,
      Class<T> type,
      @Nullable String name,
      String property) {
    List<String> names = Arrays.asList(beans.getBeanNamesForType(type));
    if (name != null) {
      if (!names.contains(name)) {
        throw new NoChoiceException(type, property, name, names);
      }
      return beans.getBean(name, type);
    }
    ObjectProvider<T> candidates = beans.getBeanProvider(type);
    T unique = candidates.getIfUnique();
    if (unique == null) {
      throw new NoChoiceException(type, property, null, names);
    }
    return unique;
  }
}
