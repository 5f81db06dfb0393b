package io.outboxpipeline.spring.receiver;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.outbox.Event;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import kotlin.coroutines.Continuation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.scheduling.annotation.Async;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Listeners whose work would be lost, or done elsewhere, end the start of an application. */
final class RefusedListenersTest {
  static class Stage {
    @OutboxListener(type = "a")
    CompletionStage<Void> on(String payload) {
      return CompletableFuture.completedStage(null);
    }
  }

  static class Futures {
    @OutboxListener(type = "a")
    Future<String> on(String payload) {
      return CompletableFuture.completedFuture("");
    }
  }

  static class FlowPublisher {
    @OutboxListener(type = "a")
    Flow.Publisher<String> on(String payload) {
      return subscriber -> {};
    }
  }

  static class Monos {
    @OutboxListener(type = "a")
    Mono<Void> on(String payload) {
      return Mono.empty();
    }
  }

  static class Fluxes {
    @OutboxListener(type = "a")
    Flux<String> on(String payload) {
      return Flux.empty();
    }
  }

  static class Suspending {
    @OutboxListener(type = "a")
    Object on(String payload, Continuation<Object> rest) {
      return payload;
    }
  }

  static class Later {
    @Async
    @OutboxListener(type = "a")
    void on(String payload) {}
  }

  @Async
  static class AllLater {
    @OutboxListener(type = "a")
    void on(String payload) {}
  }

  @Async
  @OutboxListener(type = "a")
  static class LaterHandler implements EventHandler {
    @Override
    public void apply(Connection transaction, List<Event> run) {}
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Stage.class,
        Futures.class,
        FlowPublisher.class,
        Monos.class,
        Fluxes.class,
        Suspending.class,
        Later.class,
        AllLater.class,
        LaterHandler.class
      })
  void a_listener_that_returns_before_its_work_is_done_ends_the_start(Class<?> listener) {
    assertThatThrownBy(() -> ListenersTest.find(listener))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("before its work is done");
  }

  static class Returning {
    @OutboxListener(type = "a")
    String on(String payload) {
      return payload;
    }
  }

  static class Elsewhere {
    @Transactional(propagation = Propagation.REQUIRES_NEW)
    @OutboxListener(type = "a")
    void on(String payload) {}
  }

  static class Two {
    @OutboxListener(type = "a")
    void on(String payload, String other) {}
  }

  static class Nothing {
    @OutboxListener(type = "a")
    void on() {}
  }

  static class Untyped {
    @OutboxListener(type = {})
    void on(String payload) {}
  }

  static class Private {
    @OutboxListener(type = "a")
    @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // looked for
    private void on(String payload) {}
  }

  static class Unnamed implements EventHandler {
    @Override
    public void apply(Connection transaction, List<Event> run) {}
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Returning.class,
        Elsewhere.class,
        Two.class,
        Nothing.class,
        Untyped.class,
        Private.class,
        Unnamed.class,
        Object.class
      })
  void what_cannot_work_ends_the_start(Class<?> listener) {
    assertThatThrownBy(() -> ListenersTest.find(listener))
        .isInstanceOf(IllegalStateException.class);
  }
}
