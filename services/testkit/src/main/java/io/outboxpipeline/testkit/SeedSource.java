package io.outboxpipeline.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.AnnotationBasedArgumentsProvider;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Calls a {@code @ParameterizedTest} with {@link Seeds}, for each of which its property must hold.
 *
 * <p>Every run has other seeds, because the same ones again would find nothing that they did not
 * find before. They follow one another from a number that is drawn once per JVM. The name that
 * JUnit shows says which ones a test has, a failure says which one failed, and {@code
 * -Dtest.seed=N} runs N alone.
 *
 * <p>A property is a few tests rather than one per seed, so that a report stays readable and the
 * parts can run at the same time.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(SeedSource.Provider.class)
public @interface SeedSource {

  /** How many seeds at least, where {@link TestSize} is {@code ci}. */
  int ci();

  /** How many seeds at least, where {@link TestSize} is {@code full}. */
  int full();

  /** Deals the seeds of a run out to the parts of a property. */
  final class Provider extends AnnotationBasedArgumentsProvider<SeedSource> {
    private static final int PARTS = 4;
    private static final long FIRST = RandomGenerator.getDefault().nextInt(Integer.MAX_VALUE);

    @Override
    protected Stream<Arguments> provideArguments(
        ParameterDeclarations parameters, ExtensionContext context, SeedSource source) {
      Long only = Long.getLong("test.seed");
      if (only != null) {
        return Stream.of(Arguments.of(new Seeds(only, 1)));
      }
      int each = Math.ceilDiv(TestSize.of(source.ci(), source.full()), PARTS);
      return LongStream.range(0, PARTS)
          .mapToObj(part -> Arguments.of(new Seeds(FIRST + part * each, each)));
    }
  }
}
