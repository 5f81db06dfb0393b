package io.outboxpipeline.runtime;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code %trace} in logback.xml: the stack trace, each exception's message on one line. */
public final class OneLineThrowable extends ThrowableProxyConverter {

  @Override
  protected String throwableProxyToString(IThrowableProxy thrown) {
    return super.throwableProxyToString(new OneLine(thrown));
  }

  /** The same exception with another message. */
  private record OneLine(IThrowableProxy thrown) implements IThrowableProxy {

    private static @Nullable String escaped(@Nullable String message) {
      return message == null ? null : LogText.escape(message);
    }

    @Override
    public @Nullable String getMessage() {
      return escaped(thrown.getMessage());
    }

    @Override
    public @Nullable String getOverridingMessage() {
      return escaped(thrown.getOverridingMessage());
    }

    @Override
    public String getClassName() {
      return thrown.getClassName();
    }

    @Override
    public StackTraceElementProxy[] getStackTraceElementProxyArray() {
      return thrown.getStackTraceElementProxyArray();
    }

    @Override
    public int getCommonFrames() {
      return thrown.getCommonFrames();
    }

    @Override
    public @Nullable IThrowableProxy getCause() {
      return thrown.getCause() == null ? null : new OneLine(thrown.getCause());
    }

    @Override
    public IThrowableProxy[] getSuppressed() {
      return Stream.of(thrown.getSuppressed()).map(OneLine::new).toArray(IThrowableProxy[]::new);
    }

    @Override
    public boolean isCyclic() {
      return thrown.isCyclic();
    }
  }
}
