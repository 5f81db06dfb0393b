package io.outboxpipeline.testkit;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A hash of 128 bits that is the same for two graphs of objects with the same values in the same
 * form: all fields of this project's classes, and the contents of what the JDK has. Locks,
 * functions and loggers count for nothing.
 *
 * @param high half of it
 * @param low half of it
 */
public record Fingerprint(long high, long low) {
  private static final Fingerprint NOTHING = new Fingerprint(1, 2);
  private static final Map<Class<?>, List<Field>> FIELDS = new ConcurrentHashMap<>();

  /** Of an object and all that it leads to. */
  public static Fingerprint of(Object root) {
    return new Walk().of(root);
  }

  private Fingerprint and(Fingerprint next) {
    return new Fingerprint(
        mix(high * 0x9E3779B97F4A7C15L + next.high), mix(low * 0xC2B2AE3D27D4EB4FL + next.low));
  }

  private Fingerprint inAnyOrder(Fingerprint other) {
    return new Fingerprint(high + other.high, low + other.low);
  }

  private static Fingerprint ofNumber(long value) {
    return new Fingerprint(mix(value ^ 0x5851F42D4C957F2DL), mix(value + 0x14057B7EF767814FL));
  }

  /** The finaliser of MurmurHash3, after Stafford's variant 13. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }

  private static Fingerprint ofText(String text) {
    Fingerprint sum = ofNumber(text.length());
    for (int i = 0; i < text.length(); i++) {
      sum = sum.and(ofNumber(text.charAt(i)));
    }
    return sum;
  }

  private static final class Walk {
    /** One that comes again is its number. */
    private final IdentityHashMap<Object, Integer> known = new IdentityHashMap<>();

    private Fingerprint of(@Nullable Object of) {
      return switch (of) {
        case null -> NOTHING;
        case Long n -> ofNumber(n);
        case Integer n -> ofNumber(n);
        case Boolean b -> ofNumber(b ? 1 : 0);
        case Optional<?> o -> of(o.orElse(null));
        case Map<?, ?> m -> map(m);
        case Collection<?> c -> collection(c);
        case Object[] a -> objects(a);
        case long[] a -> numbers(a);
        case int[] a -> numbers(Arrays.stream(a).asLongStream().toArray());
        default -> object(of);
      };
    }

    private Fingerprint map(Map<?, ?> map) {
      boolean ordered = map instanceof SortedMap || map instanceof LinkedHashMap;
      Fingerprint sum = ofNumber(map.size());
      for (Map.Entry<?, ?> e : map.entrySet()) {
        Fingerprint entry = of(e.getKey()).and(of(e.getValue()));
        sum = ordered ? sum.and(entry) : sum.inAnyOrder(entry);
      }
      return sum;
    }

    private Fingerprint collection(Collection<?> collection) {
      boolean ordered =
          !(collection instanceof Set)
              || collection instanceof SortedSet
              || collection instanceof LinkedHashSet;
      Fingerprint sum = ofNumber(collection.size());
      for (Object element : collection) {
        sum = ordered ? sum.and(of(element)) : sum.inAnyOrder(of(element));
      }
      return sum;
    }

    private Fingerprint object(Object of) {
      Class<?> type = of.getClass();
      if (type.isEnum() || !type.getName().startsWith("io.outboxpipeline.")) {
        return isTool(type) ? NOTHING : ofText(of.toString());
      }
      if (type.isHidden()) {
        return NOTHING;
      }
      Integer before = known.get(of);
      if (before != null) {
        return ofNumber(before);
      }
      if (!type.isRecord()) {
        known.put(of, known.size());
      }
      Fingerprint sum = ofNumber(type.getName().hashCode());
      for (Field field : fields(type)) {
        try {
          sum = sum.and(of(field.get(of)));
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
      return sum;
    }

    /** Most of a large one is empty. */
    private Fingerprint objects(Object[] array) {
      Fingerprint sum = ofNumber(array.length);
      for (int i = 0; i < array.length; i++) {
        if (array[i] != null) {
          sum = sum.and(ofNumber(i)).and(of(array[i]));
        }
      }
      return sum;
    }

    private static Fingerprint numbers(long[] numbers) {
      Fingerprint sum = ofNumber(numbers.length);
      for (int i = 0; i < numbers.length; i++) {
        if (numbers[i] != 0) {
          sum = sum.and(ofNumber(i)).and(ofNumber(numbers[i]));
        }
      }
      return sum;
    }

    private static boolean isTool(Class<?> type) {
      return type.isHidden()
          || type.getName().startsWith("java.util.concurrent.locks.")
          || System.Logger.class.isAssignableFrom(type)
          || Thread.class.isAssignableFrom(type);
    }

    private static List<Field> fields(Class<?> type) {
      return FIELDS.computeIfAbsent(
          type,
          t -> {
            var fields = new ArrayList<Field>();
            for (Class<?> c = t; c != null && c != Object.class; c = c.getSuperclass()) {
              for (Field field : c.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())) {
                  field.setAccessible(true);
                  fields.add(field);
                }
              }
            }
            return fields;
          });
    }
  }
}
