package io.outboxpipeline.operator.model;

/** The images of components whose spec names none. */
public record Images(String base, String relay, String consumer, String console) {

  String of(Component component) {
    return switch (component) {
      case BASE -> base;
      case RELAY -> relay;
      case CONSUMER -> consumer;
    };
  }
}
