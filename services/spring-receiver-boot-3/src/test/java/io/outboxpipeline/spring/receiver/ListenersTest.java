package io.outboxpipeline.spring.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

final class ListenersTest {
  private static final Connection NONE =
      (Connection)
          Proxy.newProxyInstance(
              ListenersTest.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> null);

  static Map<String, EventHandler> find(Class<?>... beans) {
    try (var context = new AnnotationConfigApplicationContext(beans)) {
      return Listeners.find(context.getBeanFactory(), new JsonPayloadReader());
    }
  }

  private static Event event(String type, String payload) {
    return new Event(
        UUID.randomUUID(),
        new Aggregate("order", "1"),
        1,
        type,
        Instant.EPOCH,
        Event.JSON,
        payload.getBytes(UTF_8),
        Map.of());
  }

  record Placed(String id, int amount) {}

  static class Good {
    final List<Object> seen = new ArrayList<>();

    @OutboxListener(type = {"placed", "moved"})
    void placed(Placed payload) {
      seen.add(payload);
    }

    @OutboxListener(type = "paid")
    public void paid(Event event, String payload) {
      seen.add(event.type() + payload);
    }

    @OutboxListener(type = "refused")
    public void refused(byte[] payload) {
      throw new EventRejectedException("no such order");
    }

    @OutboxListener(type = "counted")
    public void counted(Map<String, Integer> counts) {
      seen.add(counts);
    }

    List<Object> seen() {
      return seen;
    }
  }

  @Test
  void a_method_takes_the_payload_or_the_event_or_both() throws Exception {
    try (var context = new AnnotationConfigApplicationContext(Good.class)) {
      var handlers = Listeners.find(context.getBeanFactory(), new JsonPayloadReader());
      assertThat(handlers).containsOnlyKeys("placed", "moved", "paid", "refused", "counted");
      apply(handlers, event("placed", "{\"id\":\"7\",\"amount\":3,\"more\":[1]}"));
      apply(handlers, event("paid", "{}"));
      assertThat(context.getBean(Good.class).seen).containsExactly(new Placed("7", 3), "paid{}");
    }
  }

  private static void apply(Map<String, EventHandler> handlers, Event event) throws Exception {
    EventHandler handler = handlers.get(event.type());
    assertThat(handler).isNotNull();
    if (handler != null) {
      handler.apply(NONE, List.of(event));
    }
  }

  /** Told to a person without any of its values: they may be secrets. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret",
        "{\"id\":\"1\",\"amount\":\"secret\"}",
        "{\"id\":\"1\",\"amount\":null}",
        "{\"id\":\"1\",\"amount\":1} secret",
        "null"
      })
  void a_payload_that_is_not_understood_is_rejected_without_showing_it(String payload) {
    var handlers = find(Good.class);
    assertThatThrownBy(() -> apply(handlers, event("placed", payload)))
        .isInstanceOfSatisfying(
            RejectedEventException.class,
            e ->
                assertThat(e.rejections())
                    .extracting(Rejection::reason)
                    .allSatisfy(r -> assertThat(r).contains("payload").doesNotContain("secret")));
  }

  @Test
  void a_maps_key_is_not_shown_either() {
    var handlers = find(Good.class);
    assertThatThrownBy(() -> apply(handlers, event("counted", "{\"secret\":\"many\"}")))
        .isInstanceOfSatisfying(
            RejectedEventException.class,
            e ->
                assertThat(e.rejections().get(0).reason())
                    .endsWith("look at *")
                    .doesNotContain("secret"));
  }

  @Test
  void a_listener_rejects_by_its_own_exception() {
    var handlers = find(Good.class);
    assertThatThrownBy(() -> apply(handlers, event("refused", "")))
        .isInstanceOf(RejectedEventException.class)
        .hasMessage("no such order");
  }

  @Configuration(proxyBeanMethods = false)
  static class Handlers {
    @Bean
    @OutboxListener(type = "by-method")
    EventHandler byMethod() {
      return (transaction, run) -> {};
    }

    @Bean
    ByClass byClass() {
      return new ByClass();
    }
  }

  @OutboxListener(type = "by-class")
  static class ByClass implements EventHandler {
    @Override
    public void apply(Connection transaction, List<Event> run) {}
  }

  @Test
  void a_handler_bean_is_found_by_the_annotation_of_its_class_or_its_method() {
    assertThat(find(Handlers.class)).containsOnlyKeys("by-method", "by-class");
  }

  interface Seen {
    List<Object> seen();
  }

  interface PlacedSeen extends Seen {
    void placed(Placed payload);
  }

  static class Behind implements PlacedSeen {
    final List<Object> seen = new ArrayList<>();

    @Override
    @OutboxListener(type = "placed")
    public void placed(Placed payload) {
      seen.add(payload);
    }

    @Override
    public List<Object> seen() {
      return seen;
    }
  }

  static class ByClassProxy implements BeanPostProcessor {
    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
      var factory = new ProxyFactory(bean);
      factory.setProxyTargetClass(true);
      return factory.getProxy();
    }
  }

  static class ByInterfaceProxy implements BeanPostProcessor {
    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
      return new ProxyFactory(bean).getProxy();
    }
  }

  @ParameterizedTest
  @ValueSource(classes = {ByClassProxy.class, ByInterfaceProxy.class})
  void a_listener_behind_a_proxy_is_found_and_called_through_it(Class<?> proxies) throws Exception {
    try (var context = new AnnotationConfigApplicationContext(Behind.class, proxies)) {
      var handlers = Listeners.find(context.getBeanFactory(), new JsonPayloadReader());
      apply(handlers, event("placed", "{\"id\":\"7\",\"amount\":3}"));
      assertThat(context.getBean(PlacedSeen.class).seen()).containsExactly(new Placed("7", 3));
    }
  }

  static class Hidden implements Seen {
    @OutboxListener(type = "placed")
    public void placed(Placed payload) {}

    @Override
    public List<Object> seen() {
      return List.of();
    }
  }

  @Test
  void a_listener_that_its_proxy_hides_ends_the_start() {
    assertThatThrownBy(() -> find(Hidden.class, ByInterfaceProxy.class))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("placed");
  }

  static class AnotherPlaced {
    @OutboxListener(type = "placed")
    void again(String payload) {}
  }

  @Test
  void two_listeners_of_one_type_end_the_start_and_are_named() {
    assertThatThrownBy(() -> find(Good.class, AnotherPlaced.class))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("placed have two listeners")
        .hasMessageContaining("Good.placed")
        .hasMessageContaining("AnotherPlaced.again");
  }
}
