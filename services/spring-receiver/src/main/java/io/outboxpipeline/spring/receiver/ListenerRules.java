package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.outbox.Event;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * What a listener must be, so that its work is done and undone with the inbox's transaction. Each
 * refusal ends the application's start with a sentence. Without state.
 */
final class ListenerRules {
  private static final String ASYNC = "org.springframework.scheduling.annotation.Async";
  private static final String CONTINUATION = "kotlin.coroutines.Continuation";
  private static final String PUBLISHER = "org.reactivestreams.Publisher";
  private static final Set<Propagation> ELSEWHERE =
      Set.of(Propagation.REQUIRES_NEW, Propagation.NOT_SUPPORTED, Propagation.NEVER);

  private ListenerRules() {}

  static void check(Method method, Class<?> bean, OutboxListener listener) {
    String name = bean.getSimpleName() + "." + method.getName();
    checkTypes(listener, name);
    checkReturn(method, name);
    checkTransaction(method, bean, name);
    List<Class<?>> parameters = List.of(method.getParameterTypes());
    long events = parameters.stream().filter(Event.class::equals).count();
    if (parameters.isEmpty() || events > 1 || parameters.size() - events > 1) {
      throw new IllegalStateException(
          name + " is an @OutboxListener: it takes the payload, the Event, or both");
    }
    if (Modifier.isPrivate(method.getModifiers()) || Modifier.isStatic(method.getModifiers())) {
      throw new IllegalStateException(
          name + " is an @OutboxListener: it must be neither private nor static");
    }
  }

  /** What holds for handler beans, too. */
  static void checkTransaction(Method method, Class<?> bean, String name) {
    if (annotated(method, bean, ASYNC)) {
      throw new IllegalStateException(
          name
              + " is @Async: it would return before its work is done, and the event would be"
              + " acknowledged before. Remove @Async");
    }
    Transactional transactional =
        AnnotatedElementUtils.findMergedAnnotation(method, Transactional.class);
    if (transactional == null) {
      transactional = AnnotatedElementUtils.findMergedAnnotation(bean, Transactional.class);
    }
    if (transactional != null && ELSEWHERE.contains(transactional.propagation())) {
      throw new IllegalStateException(
          name
              + " has Propagation."
              + transactional.propagation()
              + ": its work would not be committed with the inbox's record of the event. Remove it");
    }
  }

  static void checkTypes(OutboxListener listener, String name) {
    if (listener.type().length == 0 || Arrays.stream(listener.type()).anyMatch(String::isBlank)) {
      throw new IllegalStateException(name + " is an @OutboxListener without an event type");
    }
  }

  private static void checkReturn(Method method, String name) {
    Class<?> type = method.getReturnType();
    boolean suspends =
        Arrays.stream(method.getParameterTypes()).anyMatch(p -> p.getName().equals(CONTINUATION));
    if (suspends || isDoneLater(type)) {
      throw new IllegalStateException(
          name
              + (suspends ? " suspends" : " returns " + type.getSimpleName())
              + ": the event would be acknowledged before its work is done, and lost if that fails."
              + " Do the work before the method returns, and return nothing");
    }
    if (type != void.class) {
      throw new IllegalStateException(
          name + " returns " + type.getSimpleName() + ", which nobody reads: return nothing");
    }
  }

  /** A future, or a publisher of any library, such as Mono and Flux. */
  private static boolean isDoneLater(Class<?> type) {
    return Future.class.isAssignableFrom(type)
        || CompletionStage.class.isAssignableFrom(type)
        || Flow.Publisher.class.isAssignableFrom(type)
        || publishes(type);
  }

  private static boolean publishes(@Nullable Class<?> type) {
    return type != null
        && (type.getName().equals(PUBLISHER)
            || publishes(type.getSuperclass())
            || Arrays.stream(type.getInterfaces()).anyMatch(ListenerRules::publishes));
  }

  private static boolean annotated(Method method, Class<?> bean, String annotation) {
    return MergedAnnotations.from(method, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation)
        || MergedAnnotations.from(bean, SearchStrategy.TYPE_HIERARCHY).isPresent(annotation);
  }
}
