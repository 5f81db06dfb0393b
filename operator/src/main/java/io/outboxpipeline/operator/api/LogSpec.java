package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;

/** How the services log. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LogSpec(
    @JsonPropertyDescription("Lines of text, or JSON.") @Default("json") Format format,
    @JsonPropertyDescription("From which level on the services' own loggers log.") @Default("info")
        Level level) {

  static final LogSpec DEFAULT = new LogSpec(Format.json, Level.info);

  public LogSpec {
    format = format == null ? Format.json : format;
    level = level == null ? Level.info : level;
  }

  /** How a line looks. */
  public enum Format {
    text,
    json
  }

  /** How much is logged. */
  public enum Level {
    trace,
    debug,
    info,
    warn,
    error
  }
}
