package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Event;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.aop.support.AopUtils;
import org.springframework.util.ReflectionUtils;

/** Calls a bean's method once for each event. Thread-safe as the bean is. */
final class ListenerMethod implements EventHandler {
  private final Object bean;
  private final Method method;
  private final Type[] parameters;
  private final PayloadReader payloads;

  /**
   * @param method of the bean's own class
   * @throws IllegalStateException if a proxy before the bean does not have it
   */
  ListenerMethod(Object bean, Method method, PayloadReader payloads) {
    this.bean = bean;
    this.parameters = method.getGenericParameterTypes();
    this.method = AopUtils.selectInvocableMethod(method, bean.getClass());
    this.payloads = payloads;
    ReflectionUtils.makeAccessible(this.method);
  }

  private record Call(Event event, List<Object> arguments) {}

  /** Reads all payloads first, so that those that are not readable are rejected together. */
  @Override
  public void apply(Connection transaction, List<Event> run)
      throws SQLException, RejectedEventException {
    List<Call> calls = new ArrayList<>(run.size());
    List<Rejection> rejections = new ArrayList<>();
    for (Event event : run) {
      try {
        calls.add(new Call(event, arguments(event)));
      } catch (EventRejectedException e) {
        rejections.add(new Rejection(event, String.valueOf(e.getMessage())));
      }
    }
    if (!rejections.isEmpty()) {
      throw new RejectedEventException(rejections);
    }
    for (Call call : calls) {
      call(call);
    }
  }

  private List<Object> arguments(Event event) {
    return Arrays.stream(parameters)
        .map(type -> type.equals(Event.class) ? event : payloads.read(event, type))
        .toList();
  }

  private void call(Call call) throws SQLException, RejectedEventException {
    try {
      method.invoke(bean, call.arguments.toArray());
    } catch (InvocationTargetException e) {
      Throwable thrown = e.getCause() == null ? e : e.getCause();
      if (thrown instanceof EventRejectedException rejected) {
        throw new RejectedEventException(call.event, String.valueOf(rejected.getMessage()));
      }
      if (thrown instanceof SQLException sql) {
        throw sql;
      }
      if (thrown instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (thrown instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException("the listener failed", thrown);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("the listener cannot be called", e);
    }
  }
}
