package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A component's service account: the operator makes it, unless it is told to use another. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.create != has(self.name)",
    message =
        "serviceAccount.name is that of an account which is there already, and needs create: false;"
            + " create: false needs a name")
@ValidationRule(
    value = "self.create || self.annotations.size() == 0",
    message = "an account that the operator does not make gets no annotations from it")
public record ServiceAccountSpec(
    @JsonPropertyDescription(
            "Whether the operator makes the account. With false, name tells which one the pods use,"
                + " such as one made by eksctl or Terraform; the operator leaves it as it is.")
        @Default("true")
        Boolean create,
    @JsonPropertyDescription("Name of the account, with create: false.")
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        @Nullable String name,
    @JsonPropertyDescription(
            "Its annotations, such as eks.amazonaws.com/role-arn for a role of AWS.")
        @Default("{}")
        @Size(max = 32)
        Map<String, String> annotations) {

  static final ServiceAccountSpec DEFAULT = new ServiceAccountSpec(true, null, Map.of());

  public ServiceAccountSpec {
    create = create == null ? Boolean.TRUE : create;
    annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
  }
}
