package io.outboxpipeline.spring.receiver;

import io.outboxpipeline.inbox.EventHandler;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.SpringProxy;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ClassUtils;

/**
 * Finds the application's listeners, by the classes behind their proxies. Looks after all
 * singletons exist, so that no bean is made too early. Used once.
 */
final class Listeners {
  private final ConfigurableListableBeanFactory beans;
  private final PayloadReader payloads;
  private final Map<String, EventHandler> byType = new LinkedHashMap<>();
  private final Map<String, String> names = new LinkedHashMap<>();

  private Listeners(ConfigurableListableBeanFactory beans, PayloadReader payloads) {
    this.beans = beans;
    this.payloads = payloads;
  }

  /**
   * The handlers by event type.
   *
   * @throws IllegalStateException if one of them can't work, two have a type, or there are none
   */
  static Map<String, EventHandler> find(
      ConfigurableListableBeanFactory beans, PayloadReader payloads) {
    var found = new Listeners(beans, payloads);
    for (String name : beans.getBeanDefinitionNames()) {
      found.look(name);
    }
    if (found.byType.isEmpty()) {
      throw new IllegalStateException(
          "there is no @OutboxListener and no EventHandler, so every event would be rejected");
    }
    return found.byType;
  }

  private void look(String name) {
    Class<?> bean = ScopedProxyUtils.isScopedTarget(name) ? null : type(name);
    if (bean == null) {
      return;
    }
    if (EventHandler.class.isAssignableFrom(bean)) {
      handler(name, bean);
      return;
    }
    MethodIntrospector.selectMethods(bean, this::annotation)
        .forEach(
            (method, listener) -> {
              ListenerRules.check(method, bean, listener);
              add(
                  listener,
                  bean.getSimpleName() + "." + method.getName(),
                  new ListenerMethod(beans.getBean(name), method, payloads));
            });
  }

  private @Nullable Class<?> type(String name) {
    Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
    if (type != null && SpringProxy.class.isAssignableFrom(type)) {
      type = AopProxyUtils.ultimateTargetClass(beans.getBean(name));
    }
    return type == null ? null : ClassUtils.getUserClass(type);
  }

  /** The annotation of a bean method is its bean's. */
  private @Nullable OutboxListener annotation(Method method) {
    return AnnotatedElementUtils.hasAnnotation(method, Bean.class)
        ? null
        : AnnotatedElementUtils.findMergedAnnotation(method, OutboxListener.class);
  }

  private void handler(String name, Class<?> bean) {
    OutboxListener listener = beans.findAnnotationOnBean(name, OutboxListener.class);
    if (listener == null) {
      throw new IllegalStateException(
          "the bean "
              + name
              + " is an EventHandler without @OutboxListener(type = …): of which events?");
    }
    ListenerRules.checkTypes(listener, name);
    for (Method method : bean.getMethods()) {
      if (method.getName().equals("apply") && method.getParameterCount() == 2) {
        ListenerRules.checkTransaction(method, bean, name);
      }
    }
    add(listener, name, beans.getBean(name, EventHandler.class));
  }

  private void add(OutboxListener listener, String name, EventHandler handler) {
    for (String type : listener.type()) {
      String other = names.putIfAbsent(type, name);
      if (other != null) {
        throw new IllegalStateException(
            "events of type " + type + " have two listeners: " + other + " and " + name);
      }
      byType.put(type, handler);
    }
  }
}
